// What a push contains, read off the exports of its modules.
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { Refusal } from "./errors.mjs";
import { importFrom } from "./modules.mjs";

function analyseFunction(name, value) {
  const udfType = value.isQuery ? "Query" : value.isMutation ? "Mutation" : value.isAction ? "Action" : null;
  if (udfType === null) return [];
  const kind = value.isInternal ? "internal" : value.isPublic ? "public" : null;
  return [
    {
      name,
      pos: null,
      udfType,
      visibility: kind === null ? null : { kind },
      args: value.exportArgs(),
      returns: value.exportReturns(),
    },
  ];
}

function analyseModule(path, module) {
  const found = { functions: [], httpRoutes: null, cronSpecs: null, sourceMapped: null };
  if (path === "http.js") {
    if (!module.default?.isRouter) throw new Error("The default export of `convex/http` is not a Router.");
    found.httpRoutes = module.default
      .getRoutes()
      .map(([path, method]) => ({ route: { path, method }, pos: null }));
  }
  if (path === "crons.js") {
    if (!module.default?.isCrons)
      throw new Error("The default export of `convex/crons` is not a Crons object.");
    found.cronSpecs = JSON.parse(module.default.export());
  }
  found.functions = Object.entries(module)
    .filter(([, value]) => typeof value === "function")
    .flatMap(([name, value]) => analyseFunction(name, value));
  return found;
}

async function analyseAuth(folder, environment) {
  const missing = new Set();
  // Node's own loader reads variables too: only those the file names are its own.
  const source = await readFile(join(folder, "auth.config.js"), "utf8");
  process.env = new Proxy(
    { ...environment },
    {
      get(variables, name) {
        if (typeof name === "string" && !(name in variables) && source.includes(name)) missing.add(name);
        return variables[name];
      },
    },
  );
  let config;
  try {
    config = (await importFrom(folder, "auth.config.js")).default;
  } finally {
    process.env = { ...environment };
  }
  if (missing.size > 0) {
    const [name] = missing;
    throw new Refusal(
      "AuthConfigMissingEnvironmentVariable",
      `Environment variable ${name} is used in auth config file but its value was not set`,
    );
  }
  if (!Array.isArray(config?.providers)) {
    throw new Refusal(
      "InvalidAuthConfig",
      "auth.config.ts has to export an object with a list of `providers`.",
    );
  }
  return config.providers.map((provider) =>
    provider.type === "customJwt" ? { applicationID: null, ...provider } : { ...provider },
  );
}

async function naming(path, code, work) {
  try {
    return await work();
  } catch (error) {
    if (error instanceof Refusal) throw error;
    const what = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
    throw new Refusal(code, `Failed to analyze ${path}: Uncaught ${what}`);
  }
}

/** `{modules: {path: analysis}, schema, auth}`; throws a Refusal that names the module. */
export async function analyse({ code, modules, schema, environment }) {
  process.env = { ...environment };
  const found = { modules: {}, schema: null, auth: [] };
  for (const path of modules) {
    if (path.startsWith("_deps/")) continue;
    if (path === "auth.config.js") {
      found.auth = await naming(path, "InvalidAuthConfig", () => analyseAuth(code, environment));
    } else {
      found.modules[path] = await naming(path, "InvalidModules", async () =>
        analyseModule(path, await importFrom(code, path)),
      );
    }
  }
  if (schema !== null) {
    found.schema = await naming("schema.js", "InvalidSchema", async () => {
      const { default: definition } = await importFrom(code, schema);
      if (typeof definition?.export !== "function") {
        throw new Error("The default export of `convex/schema` is not a schema. Use `defineSchema`.");
      }
      return JSON.parse(definition.export());
    });
  }
  return found;
}
