// Runs functions, HTTP actions and scheduled jobs on the database.
import { importFrom, loader } from "./modules.mjs";
import { calls } from "./console.mjs";

export class Functions {
  constructor(database, { makeFunctionReference, convexToJson, jsonToConvex }) {
    this.database = database;
    this.reference = makeFunctionReference;
    this.convexToJson = convexToJson;
    this.jsonToConvex = jsonToConvex;
  }

  /** Takes a code generation into use; `data` (documents and counters) only when the process is new. */
  async load({ code, modules, schema, environment, data }) {
    process.env = { ...environment };
    if (data !== null) {
      const documents = Object.fromEntries(data.documents.map((d) => [d._id, this.jsonToConvex(d)]));
      this.database.restore(documents, data.nextDocId, data.lastCreationTime);
    }
    const definition = schema === null ? null : (await importFrom(code, schema)).default;
    this.database.use(definition, loader(code, modules, calls));
  }

  async call({ kind, path, args, identity }) {
    const t = identity === null ? this.database.t : this.database.t.withIdentity(identity);
    const result = await t[kind](this.reference(path), this.jsonToConvex(args));
    return this.convexToJson(result === undefined ? null : result);
  }

  async http({ url, method, headers, body, identity }) {
    const t = identity === null ? this.database.t : this.database.t.withIdentity(identity);
    const init = { method, headers, body: body === null ? undefined : Buffer.from(body, "base64") };
    calls.getStore().request = new Request(url, init);
    const { pathname, search } = new URL(url);
    const response = await t.fetch(pathname + search, { method });
    return {
      status: response.status,
      headers: [...response.headers],
      body: Buffer.from(await response.arrayBuffer()).toString("base64"),
    };
  }

  /**
   * A scheduled function. A mutation and its "success" are one transaction: exactly once. An action is
   * marked before it starts: at most once. `kind` null: the function is gone.
   */
  async job({ job, kind, path }) {
    const document = this.database.get(job);
    if (document?.state.kind !== "pending") return null;
    const args = document.args[0] ?? {};
    const finish = (state) =>
      this.database.patch("_scheduled_functions", job, { state, completedTime: Date.now() });
    try {
      if (kind === null) throw new Error(`Could not find function for '${path}'.`);
      if (kind === "mutation") {
        await this.database.t.mutation(async (ctx) => {
          if (this.database.read("_scheduled_functions", job)?.state.kind !== "pending") return;
          finish({ kind: "success" });
          await ctx.runMutation(this.reference(path), args);
        });
      } else {
        await this.database.t.run(async () =>
          this.database.patch("_scheduled_functions", job, { state: { kind: "inProgress" } }),
        );
        await this.database.t[kind](this.reference(path), args);
        await this.database.t.run(async () => finish({ kind: "success" }));
      }
    } catch (error) {
      await this.database.t.run(async () => finish({ kind: "failed", error: String(error.message) }));
      throw error;
    }
    return null;
  }

  /** Ends jobs that a stopped process left running: whether an action finished is unknown, so it is not repeated. */
  async abandon({ jobs }) {
    await this.database.t.run(async () => {
      for (const job of jobs) {
        this.database.patch("_scheduled_functions", job, {
          state: { kind: "failed", error: "Interrupted: the emulator's process ended while it ran." },
          completedTime: Date.now(),
        });
      }
    });
    return null;
  }

  /** Registers an uploaded file; its bytes are already in the storage folder. */
  async store({ document }) {
    return await this.database.t.run(async () => this.database.insert("_storage", document));
  }
}
