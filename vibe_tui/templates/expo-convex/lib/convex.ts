import { ConvexReactClient } from "convex/react";

const url = process.env.EXPO_PUBLIC_CONVEX_URL;

/** False until Connect Backend has written the deployment's URL to .env.local and Expo was restarted. */
export const isConnected = Boolean(url);

// The client opens no connection before it is first used, so the app also starts without a backend.
export const convex = new ConvexReactClient(url || "https://not-connected.invalid", {
  // React Native has no "beforeunload" event.
  unsavedChangesWarning: false,
});
