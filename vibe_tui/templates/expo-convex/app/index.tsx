import { useConvexConnectionState } from "convex/react";
import Constants from "expo-constants";
import { Link } from "expo-router";
import { ScrollView, StyleSheet, Text, View } from "react-native";
import { SafeAreaView } from "react-native-safe-area-context";
import { isConnected } from "@/lib/convex";
import { screens } from "@/lib/screens";
import { useColors, type Colors } from "@/lib/theme";

const IDEAS = [
  "Add a messages database table",
  "Create a function to save user messages",
  "Make the app real-time with subscriptions",
];

export default function Index() {
  const colors = useColors();
  return (
    <SafeAreaView style={[styles.screen, { backgroundColor: colors.background }]}>
      <ScrollView contentContainerStyle={styles.content}>
        <Text accessibilityRole="header" style={[styles.title, { color: colors.text }]}>
          {Constants.expoConfig?.name ?? "Your app"}
        </Text>
        {isConnected ? <Connection colors={colors} /> : <Status colors={colors} label="Not connected" />}
        {screens.map(({ title, href }) => (
          <Link key={title} href={href} style={[styles.link, { backgroundColor: colors.card, color: colors.accent }]}>
            {title}
          </Link>
        ))}
        <View style={[styles.card, { backgroundColor: colors.card, borderColor: colors.border }]}>
          <Text style={[styles.heading, { color: colors.text }]}>
            {isConnected ? "What should it do next?" : "Connect Backend"}
          </Text>
          {isConnected ? (
            IDEAS.map((idea) => (
              <Text key={idea} style={[styles.body, { color: colors.muted }]}>
                {"\u2022 "}
                {idea}
              </Text>
            ))
          ) : (
            <Text style={[styles.body, { color: colors.muted }]}>
              Press Connect Backend in vibe-tui, or run &quot;vibe-tui connect&quot; in this folder, to get a
              database, functions and auth. Then restart Expo, which reads .env.local when it starts.
            </Text>
          )}
        </View>
        <Text style={[styles.body, { color: colors.muted }]}>This screen is app/index.tsx.</Text>
      </ScrollView>
    </SafeAreaView>
  );
}

function Connection({ colors }: { colors: Colors }) {
  const { isWebSocketConnected } = useConvexConnectionState();
  return (
    <Status
      colors={colors}
      active={isWebSocketConnected}
      label={isWebSocketConnected ? "Connected to Convex" : "Reaching Convex…"}
    />
  );
}

function Status({ colors, label, active = false }: { colors: Colors; label: string; active?: boolean }) {
  return (
    <View style={styles.status}>
      <View style={[styles.dot, { backgroundColor: active ? colors.good : colors.border }]} />
      <Text style={[styles.body, { color: colors.muted }]}>{label}</Text>
    </View>
  );
}

const styles = StyleSheet.create({
  screen: { flex: 1 },
  content: { flexGrow: 1, justifyContent: "center", padding: 24, gap: 16, width: "100%", maxWidth: 560, alignSelf: "center" },
  title: { fontSize: 34, fontWeight: "700" },
  heading: { fontSize: 17, fontWeight: "600" },
  body: { fontSize: 15, lineHeight: 22 },
  link: { borderRadius: 16, padding: 16, fontSize: 17, fontWeight: "600", overflow: "hidden" },
  card: { borderRadius: 16, borderWidth: StyleSheet.hairlineWidth, padding: 20, gap: 8 },
  status: { flexDirection: "row", alignItems: "center", gap: 8 },
  dot: { width: 10, height: 10, borderRadius: 5 },
});
