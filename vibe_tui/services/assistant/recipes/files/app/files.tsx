import { useMutation, useQuery } from "convex/react";
import { getDocumentAsync } from "expo-document-picker";
import { Stack } from "expo-router";
import { FlatList, Linking, Pressable, View } from "react-native";
import { Form, Note, Row } from "@/components/parts";
import { SignedInOnly } from "@/components/SignedInOnly";
import { api } from "@/convex/_generated/api";
import type { Id } from "@/convex/_generated/dataModel";
import { useColors } from "@/lib/theme";

export default function FilesScreen() {
  const colors = useColors();
  return (
    <View style={{ flex: 1, backgroundColor: colors.background }}>
      <Stack.Screen options={{ headerShown: true, title: "Files" }} />
      <SignedInOnly>
        <Files />
      </SignedInOnly>
    </View>
  );
}

function Files() {
  const files = useQuery(api.files.list);
  if (files === undefined) {
    return <Note>Loading…</Note>;
  }
  return (
    <>
      <FlatList
        data={files}
        keyExtractor={(item) => item._id}
        contentContainerStyle={{ padding: 16, gap: 8 }}
        ListEmptyComponent={<Note>No files yet.</Note>}
        renderItem={({ item }) => (
          <Pressable
            accessibilityRole="link"
            disabled={item.url === null}
            onPress={() => item.url !== null && void Linking.openURL(item.url)}
          >
            <Row title={item.name} details={[new Date(item._creationTime).toLocaleString()]} />
          </Pressable>
        )}
      />
      <NewFile />
    </>
  );
}

function NewFile() {
  const generateUploadUrl = useMutation(api.files.generateUploadUrl);
  const create = useMutation(api.files.create);

  async function upload() {
    const picked = await getDocumentAsync();
    const file = picked.assets?.[0];
    if (file === undefined) {
      return; // The user closed the picker.
    }
    const content = await (await fetch(file.uri)).blob();
    const answer = await fetch(await generateUploadUrl(), {
      method: "POST",
      headers: { "Content-Type": file.mimeType ?? "application/octet-stream" },
      body: content,
    });
    if (!answer.ok) {
      throw new Error(`The upload was answered with ${answer.status}.`);
    }
    const { storageId } = (await answer.json()) as { storageId: Id<"_storage"> };
    await create({ name: file.name, storageId });
  }

  return (
    <Form action="Upload a file" ready onSubmit={upload}>
      {null}
    </Form>
  );
}
