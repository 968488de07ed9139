import { useAuthActions } from "@convex-dev/auth/react";
import { useQuery } from "convex/react";
import { Stack } from "expo-router";
import { View } from "react-native";
import { Action, Note } from "@/components/parts";
import { SignedInOnly } from "@/components/SignedInOnly";
import { api } from "@/convex/_generated/api";
import { useColors } from "@/lib/theme";

export default function AccountScreen() {
  const colors = useColors();
  return (
    <View style={{ flex: 1, justifyContent: "center", backgroundColor: colors.background }}>
      <Stack.Screen options={{ headerShown: true, title: "Account" }} />
      <SignedInOnly>
        <Account />
      </SignedInOnly>
    </View>
  );
}

function Account() {
  const { signOut } = useAuthActions();
  const user = useQuery(api.users.viewer);
  return (
    <View style={{ padding: 24, gap: 8, width: "100%", maxWidth: 400, alignSelf: "center" }}>
      <Note>{user === undefined ? "…" : `Signed in as ${user?.name ?? user?.email ?? "somebody"}`}</Note>
      <Action title="Sign out" onPress={() => void signOut()} />
    </View>
  );
}
