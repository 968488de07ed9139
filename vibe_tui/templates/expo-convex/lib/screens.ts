import type { Href } from "expo-router";

/** The screens that the first one leads to. A screen is a file in app/. */
export const screens: { title: string; href: Href }[] = [];
