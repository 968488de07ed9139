// What went wrong, as Convex words it: the message, then the frames of the user's own code.
import { dirname } from "node:path";

const CONVEX_ERROR = Symbol.for("ConvexError");

/** An error of ours: shown as it is, with a code for the protocol. */
export class Refusal extends Error {
  constructor(code, message) {
    super(message);
    this.code = code;
  }
}

const isConvexError = (error) => typeof error === "object" && error !== null && CONVEX_ERROR in error;

/** Frames of user code; the source maps name its files relative to the bundle in `folder`. */
function frames(stack, folder) {
  const root = `${dirname(folder)}/`;
  return stack
    .split("\n")
    .filter((line) => /^\s+at /.test(line) && line.includes(root) && !line.includes("node_modules"))
    .map((line) => line.replace("file://", "").replace(root, "../"));
}

/** `{code, message, data?}`; `data` (Convex JSON) only for a ConvexError. */
export function describe(error, folder, convexToJson) {
  if (error instanceof Refusal) return { code: error.code, message: error.message };
  if (isConvexError(error)) {
    const data = convexToJson(error.data === undefined ? null : error.data);
    const lines = frames(error.stack ?? "", folder);
    return { code: null, message: [`Uncaught ConvexError: ${error.message}`, ...lines].join("\n"), data };
  }
  if (!(error instanceof Error)) return { code: null, message: `Uncaught ${String(error)}` };
  const lines = frames(error.stack ?? "", folder);
  return { code: null, message: [`Uncaught ${error.name}: ${error.message}`, ...lines].join("\n") };
}
