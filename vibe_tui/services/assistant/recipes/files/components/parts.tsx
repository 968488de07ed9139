import { useState, type ReactNode } from "react";
import { ConvexError } from "convex/values";
import { Pressable, StyleSheet, Switch, Text, TextInput, View } from "react-native";
import { useColors } from "@/lib/theme";

/** A document in a list: what it is called, and what else there is to say. */
export function Row({ title, details }: { title: string; details: (string | false | undefined)[] }) {
  const colors = useColors();
  const more = details.filter((detail) => typeof detail === "string" && detail !== "").join(" · ");
  return (
    <View style={[styles.row, { backgroundColor: colors.card, borderColor: colors.border }]}>
      <Text style={[styles.body, { color: colors.text }]}>{title}</Text>
      {more !== "" && <Text style={[styles.small, { color: colors.muted }]}>{more}</Text>}
    </View>
  );
}

/** A line of text in the middle of an empty or loading list. */
export function Note({ children }: { children: ReactNode }) {
  const colors = useColors();
  return <Text style={[styles.note, { color: colors.muted }]}>{children}</Text>;
}

/** Fields with a button below them. `onSubmit` may throw; what a ConvexError says is shown. */
export function Form({
  action,
  ready,
  onSubmit,
  children,
}: {
  action: string;
  ready: boolean;
  onSubmit: () => Promise<void>;
  children: ReactNode;
}) {
  const colors = useColors();
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<string | null>(null);

  async function submit() {
    setBusy(true);
    setProblem(null);
    try {
      await onSubmit();
    } catch (error) {
      setProblem(error instanceof ConvexError ? String(error.data) : "That did not work. Try again.");
    } finally {
      setBusy(false);
    }
  }

  return (
    <View style={[styles.form, { backgroundColor: colors.card, borderColor: colors.border }]}>
      {children}
      {problem !== null && (
        <Text accessibilityRole="alert" style={[styles.small, { color: colors.bad }]}>
          {problem}
        </Text>
      )}
      <Action title={action} disabled={!ready || busy} onPress={() => void submit()} />
    </View>
  );
}

export function Action({
  title,
  disabled = false,
  onPress,
}: {
  title: string;
  disabled?: boolean;
  onPress: () => void;
}) {
  const colors = useColors();
  return (
    <Pressable
      accessibilityRole="button"
      accessibilityState={{ disabled }}
      disabled={disabled}
      onPress={onPress}
      style={[styles.action, { backgroundColor: colors.accent, opacity: disabled ? 0.5 : 1 }]}
    >
      <Text style={[styles.actionText, { color: colors.onAccent }]}>{title}</Text>
    </Pressable>
  );
}

export function TextField({
  label,
  value,
  onChange,
  numeric = false,
}: {
  label: string;
  value: string;
  onChange: (value: string) => void;
  numeric?: boolean;
}) {
  const colors = useColors();
  return (
    <TextInput
      accessibilityLabel={label}
      placeholder={label}
      placeholderTextColor={colors.muted}
      inputMode={numeric ? "decimal" : "text"}
      value={value}
      onChangeText={onChange}
      style={[styles.input, { color: colors.text, borderColor: colors.border }]}
    />
  );
}

export function SwitchField({
  label,
  value,
  onChange,
}: {
  label: string;
  value: boolean;
  onChange: (value: boolean) => void;
}) {
  const colors = useColors();
  return (
    <View style={styles.line}>
      <Text style={[styles.body, { color: colors.text }]}>{label}</Text>
      <Switch accessibilityLabel={label} value={value} onValueChange={onChange} />
    </View>
  );
}

export function ChoiceField<T extends string>({
  label,
  choices,
  value,
  onChange,
}: {
  label: string;
  choices: readonly T[];
  value: T;
  onChange: (value: T) => void;
}) {
  const colors = useColors();
  return (
    <View style={styles.line} accessibilityLabel={label}>
      {choices.map((choice) => (
        <Pressable
          key={choice}
          accessibilityRole="radio"
          accessibilityState={{ checked: choice === value }}
          onPress={() => onChange(choice)}
          style={[styles.choice, { borderColor: choice === value ? colors.accent : colors.border }]}
        >
          <Text style={[styles.small, { color: choice === value ? colors.accent : colors.muted }]}>{choice}</Text>
        </Pressable>
      ))}
    </View>
  );
}

const styles = StyleSheet.create({
  row: { borderWidth: StyleSheet.hairlineWidth, borderRadius: 12, padding: 12, gap: 2 },
  note: { padding: 24, textAlign: "center", fontSize: 15 },
  form: { borderTopWidth: StyleSheet.hairlineWidth, padding: 16, gap: 8 },
  line: { flexDirection: "row", flexWrap: "wrap", alignItems: "center", justifyContent: "space-between", gap: 8 },
  input: { borderWidth: 1, borderRadius: 8, paddingHorizontal: 12, paddingVertical: 10, fontSize: 16 },
  choice: { borderWidth: 1, borderRadius: 16, paddingHorizontal: 12, paddingVertical: 8 },
  action: { borderRadius: 8, padding: 12, alignItems: "center" },
  actionText: { fontSize: 16, fontWeight: "600" },
  body: { fontSize: 16, lineHeight: 22 },
  small: { fontSize: 13, lineHeight: 18 },
});
