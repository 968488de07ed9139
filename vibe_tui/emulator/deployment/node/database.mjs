// Access to convex-test's private database. THE ONE PLACE that relies on the inside of convex-test 0.0.60.
//
// convex-test keeps its state (`convexGlobal`: the DatabaseFake, its lock, the syscalls user code ends in)
// in a closure. It passes that state to `AsyncLocalStorage.run` whenever a function runs, so we take it
// there, once, and check that it still looks and behaves as we know it.
import { AsyncLocalStorage } from "node:async_hooks";
import { Refusal } from "./errors.mjs";

class ChangedInside extends Refusal {
  constructor(what) {
    super(
      "ConvexTestChanged",
      `The installed convex-test does not work with this emulator (${what}). It needs version 0.0.60: ` +
        "reinstall the Convex toolchain.",
    );
  }
}

async function captureState(t) {
  const run = AsyncLocalStorage.prototype.run;
  const found = {};
  AsyncLocalStorage.prototype.run = function (store, ...rest) {
    if (store?.components?.[""]?.db !== undefined) found.state ??= store;
    if (store?.udfType !== undefined) found.execution ??= this;
    return run.call(this, store, ...rest);
  };
  try {
    await t.run(async () => null);
  } finally {
    AsyncLocalStorage.prototype.run = run;
  }
  return found;
}

function checkShape({ state, execution }) {
  if (state === undefined || execution === undefined) throw new ChangedInside("its state was not found");
  const { db } = state.components[""];
  const known =
    typeof db._documents === "object" &&
    Array.isArray(db._writes) &&
    typeof db._nextDocId === "number" &&
    typeof db._lastCreationTime === "number" &&
    ["commit", "insert", "patch", "replace", "delete", "get"].every((name) => typeof db[name] === "function") &&
    typeof state.components[""].modules === "function" &&
    typeof state.asyncSyscall === "function" &&
    typeof state.jsSyscall === "function";
  if (!known) throw new ChangedInside("its database looks different");
}

export class Database {
  #state;
  #db;
  #execution;
  #onCommit;

  /** Makes an empty database; `onCommit(changed)` is called with `{id: document | null}` per commit. */
  static async open(convexTest, onCommit) {
    const t = convexTest({ modules: { "/convex/_generated/api.js": async () => ({}) } });
    const found = await captureState(t);
    checkShape(found);
    const database = new Database(t, found, onCommit);
    await database.#checkBehaviour();
    return database;
  }

  constructor(t, { state, execution }, onCommit) {
    this.t = t;
    this.#state = state;
    this.#db = state.components[""].db;
    this.#execution = execution;
    this.#onCommit = onCommit;
    this.#hookCommit();
  }

  #hookCommit() {
    const db = this.#db;
    const commit = db.commit;
    db.commit = (commitTs) => {
      // Nested mutations commit into the layer above; only the outermost commit changes documents.
      const outermost = db._writes.length === 1;
      const ids = outermost ? Object.keys(db._writes[0]) : [];
      commit.call(db, commitTs);
      if (ids.length > 0)
        this.#onCommit(Object.fromEntries(ids.map((id) => [id, db._documents[id] ?? null])));
    };
  }

  async #checkBehaviour() {
    const seen = [];
    const onCommit = this.#onCommit;
    this.#onCommit = (changed) => seen.push(changed);
    const id = await this.t.run(async () => this.insert("check", { a: 1 }));
    await this.t.run(async () => this.remove("check", id));
    this.#onCommit = onCommit;
    if (seen.length !== 2 || seen[0][id]?.a !== 1 || seen[1][id] !== null || this.get(id) !== null) {
      throw new ChangedInside("its commits are not seen");
    }
    this.restore({}, 10000, 0);
  }

  /** Replaces all data. */
  restore(documents, nextDocId, lastCreationTime) {
    this.#db._documents = documents;
    this.#db._nextDocId = nextDocId;
    this.#db._lastCreationTime = lastCreationTime;
  }

  /** The counters that make ids and creation times unique. */
  get counters() {
    return { nextDocId: this.#db._nextDocId, lastCreationTime: this.#db._lastCreationTime };
  }

  /** From now on user code comes from `modules(path)` and writes are checked against `schema`. */
  use(schema, modules) {
    this.#db._schema = new this.#db.constructor(schema, "")._schema;
    this.#state.components[""].modules = modules;
  }

  /** Puts our own implementation before convex-test's: `{name: async (arguments) => result}`. */
  override(asyncSyscalls, jsSyscalls) {
    const { asyncSyscall, jsSyscall } = this.#state;
    this.#state.asyncSyscall = async (name, json) =>
      name in asyncSyscalls
        ? JSON.stringify((await asyncSyscalls[name](JSON.parse(json))) ?? null)
        : await asyncSyscall(name, json);
    this.#state.jsSyscall = async (name, args) =>
      name in jsSyscalls ? await jsSyscalls[name](args) : await jsSyscall(name, args);
  }

  /** Runs `work` in the caller's transaction when it has one (a mutation), else in one of its own (an action). */
  async inTransaction(work) {
    const inside = ["query", "mutation"].includes(this.#execution.getStore()?.udfType);
    return inside ? work() : await this.t.run(async () => work());
  }

  /** The last committed document, or null. */
  get(id) {
    return this.#db._documents[id] ?? null;
  }

  /** As the running transaction sees it, or null. */
  read(table, id) {
    return this.#db.get(table, id);
  }

  insert(table, value) {
    return this.#db.insert(table, value);
  }

  patch(table, id, value) {
    this.#db.patch(table, id, value);
  }

  replace(table, id, value) {
    this.#db.replace(table, id, value);
  }

  remove(table, id) {
    this.#db.delete(table, id);
  }
}
