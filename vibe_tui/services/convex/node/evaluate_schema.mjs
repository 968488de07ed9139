// Writes what a bundled convex/schema.ts exports into a file: `{schema}`, or `{error, stack}`.
import { writeFileSync } from "node:fs";

const [bundle, target] = process.argv.slice(2);

async function evaluated() {
  try {
    const { default: definition } = await import(bundle);
    if (typeof definition?.export !== "function") {
      return { error: "The default export is not a schema: use `defineSchema`.", stack: "" };
    }
    return { schema: JSON.parse(definition.export()) };
  } catch (error) {
    if (!(error instanceof Error)) return { error: String(error), stack: "" };
    return { error: `${error.name}: ${error.message}`, stack: String(error.stack) };
  }
}

writeFileSync(target, JSON.stringify(await evaluated()));
process.exit(0); // whatever timers the schema may have left
