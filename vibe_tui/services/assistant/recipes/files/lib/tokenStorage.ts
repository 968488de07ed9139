import type { TokenStorage } from "@convex-dev/auth/react";
import * as SecureStore from "expo-secure-store";
import { Platform } from "react-native";

const keychain: TokenStorage = {
  getItem: (key) => SecureStore.getItemAsync(key),
  setItem: (key, value) => SecureStore.setItemAsync(key, value),
  removeItem: (key) => SecureStore.deleteItemAsync(key),
};

/** Where a session is kept: in the keychain of a device; in a browser Convex Auth uses localStorage. */
export const tokenStorage = Platform.OS === "web" ? undefined : keychain;
