import { ConvexError } from "convex/values";

const MAX_LENGTH = 2000;

/** `text` without white space around it. Refuses one that is empty or too long; `name` is its name in errors. */
export function requiredText(name: string, text: string): string {
  const trimmed = text.trim();
  if (trimmed.length === 0) {
    throw new ConvexError(`The ${name} cannot be empty.`);
  }
  if (trimmed.length > MAX_LENGTH) {
    throw new ConvexError(`The ${name} is at most ${MAX_LENGTH} characters.`);
  }
  return trimmed;
}
