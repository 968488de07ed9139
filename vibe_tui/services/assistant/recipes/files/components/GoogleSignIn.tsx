import { useAuthActions } from "@convex-dev/auth/react";
import { createURL } from "expo-linking";
import { openAuthSessionAsync } from "expo-web-browser";
import { useState } from "react";
import { Platform, StyleSheet, Text, View } from "react-native";
import { Action } from "@/components/parts";
import { useColors } from "@/lib/theme";

export function GoogleSignIn() {
  const colors = useColors();
  const { signIn } = useAuthActions();
  const [problem, setProblem] = useState<string | null>(null);

  async function continueWithGoogle() {
    setProblem(null);
    try {
      const redirectTo = createURL("/");
      const { redirect } = await signIn("google", { redirectTo });
      if (Platform.OS === "web" || redirect === undefined) {
        return; // The browser is on its way to Google.
      }
      const ended = await openAuthSessionAsync(redirect.toString(), redirectTo);
      if (ended.type !== "success") {
        return; // The user closed the window.
      }
      const code = new URL(ended.url).searchParams.get("code");
      if (code === null) {
        throw new Error("Google sent no code back.");
      }
      await signIn("google", { code });
    } catch (error) {
      setProblem(error instanceof Error ? error.message : "Signing in did not work.");
    }
  }

  return (
    <View style={styles.box}>
      <Action title="Continue with Google" onPress={() => void continueWithGoogle()} />
      {problem !== null && (
        <Text accessibilityRole="alert" style={{ color: colors.bad }}>
          {problem}
        </Text>
      )}
    </View>
  );
}

const styles = StyleSheet.create({
  box: { padding: 24, gap: 8, width: "100%", maxWidth: 400, alignSelf: "center" },
});
