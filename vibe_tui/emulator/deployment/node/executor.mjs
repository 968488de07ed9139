// The Node child of an emulated deployment: runs the user's pushed code. One JSON message per line, see wire.mjs.
//   node --enable-source-maps executor.mjs TOOLCHAIN NAME CLOUD_URL STORAGE_FOLDER
import { realpathSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { Worker } from "node:worker_threads";
import { analyse } from "./analysis.mjs";
import { Functions } from "./calls.mjs";
import { change } from "./changes.mjs";
import { calls, captureConsole } from "./console.mjs";
import { Database } from "./database.mjs";
import { describe } from "./errors.mjs";
import { overrideSyscalls } from "./syscalls.mjs";
import { receive, send } from "./wire.mjs";

const [toolchain, name, cloudUrl, storage] = process.argv.slice(2);

// Stdin closing ends us, but a busy loop in user code never looks at stdin: a second thread does the looking.
new Worker(
  `const parent = process.ppid;
   setInterval(() => { if (process.ppid !== parent) process.kill(process.pid, "SIGKILL"); }, 500);`,
  { eval: true, stdout: true, stderr: true },
).unref();

captureConsole();
// A rejected promise or a throwing timer in user code must not take everybody's database down.
for (const event of ["unhandledRejection", "uncaughtException"]) {
  process.on(event, (error) => console.error(`Unhandled error: ${error?.message ?? error}`));
}

const packages = realpathSync(join(toolchain, "node_modules"));
const load = async (path) => await import(pathToFileURL(path).href);

async function openFunctions() {
  const convex = {
    ...(await load(join(packages, "convex/dist/esm/values/index.js"))),
    ...(await load(join(packages, "convex/dist/esm/server/index.js"))),
  };
  const { convexTest } = await load(createRequire(join(packages, "_")).resolve("convex-test"));
  const database = await Database.open(convexTest, (changed) =>
    send({
      commit: {
        documents: Object.fromEntries(
          Object.entries(changed).map(([id, d]) => [id, d === null ? null : convex.convexToJson(d)]),
        ),
        ...database.counters,
      },
    }),
  );
  overrideSyscalls(database, { name, cloudUrl, storage }, convex);
  return new Functions(database, convex);
}

let folder = "";
let functions = null;
let convexToJson = (value) => value;

const operations = {
  ping: async () => null,
  analyse: async (message) => await analyse(message),
  change: async (message) => await change(functions.database, functions.jsonToConvex, message),
  load: async (message) => {
    if (functions === null) {
      functions = await openFunctions();
      convexToJson = functions.convexToJson;
    }
    folder = message.code;
    return (await functions.load(message)) ?? null;
  },
};

async function answer(message) {
  const { id, op } = message;
  try {
    const work = () => (op in operations ? operations[op](message) : functions[op](message));
    send({ id, result: await calls.run({ id, lines: 0 }, work) });
  } catch (error) {
    send({ id, error: describe(error, folder, convexToJson) });
  }
}

receive((message) => void answer(message));
