// The pushed modules, imported from the folder Python unpacked them in.
import { join } from "node:path";
import { pathToFileURL } from "node:url";

export const importFrom = async (folder, path) => await import(pathToFileURL(join(folder, path)).href);

/**
 * `(path without extension) => module`, as convex-test asks for them. "http" comes with a router that
 * hands each action the request as it really arrived: convex-test would make one up.
 */
export function loader(folder, paths, calls) {
  const known = new Set(paths);
  return async (path) => {
    if (!known.has(`${path}.js`)) throw new Error(`Could not find module for: "${path}"`);
    const module = await importFrom(folder, `${path}.js`);
    return path === "http" ? { default: withRealRequests(module.default, calls) } : module;
  };
}

function withRealRequests(router, calls) {
  return {
    lookup(path, method) {
      const found = router.lookup(path, method);
      if (found === null) return null;
      const [action, ...rest] = found;
      return [{ _handler: (ctx) => action._handler(ctx, calls.getStore().request) }, ...rest];
    },
  };
}
