import { useColorScheme } from "react-native";

const light = {
  background: "#fafaf9",
  card: "#ffffff",
  border: "#d6d3d1",
  text: "#1c1917",
  muted: "#57534e",
  accent: "#1d4ed8",
  onAccent: "#ffffff",
  good: "#16a34a",
  bad: "#b91c1c",
};

export type Colors = typeof light;

const dark: Colors = {
  background: "#0c0a09",
  card: "#1c1917",
  border: "#57534e",
  text: "#fafaf9",
  muted: "#a8a29e",
  accent: "#93c5fd",
  onAccent: "#0c0a09",
  good: "#4ade80",
  bad: "#fca5a5",
};

/** The colours of the app, as light or dark as the device. */
export function useColors(): Colors {
  return useColorScheme() === "dark" ? dark : light;
}
