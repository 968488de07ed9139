// console.* of user code becomes log lines of the call it belongs to.
import { AsyncLocalStorage } from "node:async_hooks";
import { Writable } from "node:stream";
import { inspect } from "node:util";
import { send } from "./wire.mjs";

const LINES_PER_CALL = 256; // Convex's own limit
const CHARACTERS_PER_LINE = 32768;

/** The call that is running: `{id, lines, request?}`. */
export const calls = new AsyncLocalStorage();

function log(level, values) {
  const call = calls.getStore();
  if (call === undefined || call.lines > LINES_PER_CALL) return;
  call.lines += 1;
  const full = call.lines > LINES_PER_CALL;
  const messages = full
    ? ["Too many log lines in this call; the rest is left out."]
    : values.map((v) => inspect(v));
  const isTruncated = messages.some((message) => message.length > CHARACTERS_PER_LINE);
  send({
    log: call.id,
    line: {
      messages: messages.map((message) => message.slice(0, CHARACTERS_PER_LINE)),
      level: full ? "WARN" : level,
      timestamp: Date.now(),
      isTruncated,
    },
  });
}

/** Replaces the console, stdout and stderr: the real stdout carries the protocol. */
export function captureConsole() {
  const nowhere = new Writable({ write: (_chunk, _encoding, done) => done() });
  for (const name of ["stdout", "stderr"]) {
    Object.defineProperty(process, name, { value: nowhere, configurable: true });
  }
  const level =
    (name) =>
    (...values) =>
      log(name, values);
  const started = new Map();
  const plain = {
    log: level("LOG"),
    info: level("INFO"),
    warn: level("WARN"),
    error: level("ERROR"),
    debug: level("DEBUG"),
    trace: level("LOG"),
    table: level("LOG"),
    dir: level("LOG"),
    assert: (condition, ...values) => condition || log("ERROR", ["Assertion failed", ...values]),
    time: (label = "default") => started.set(label, performance.now()),
    timeLog: (label = "default", ...values) =>
      log("INFO", [`${label}: ${(performance.now() - (started.get(label) ?? NaN)).toFixed(1)}ms`, ...values]),
    timeEnd: (label = "default") => {
      plain.timeLog(label);
      started.delete(label);
    },
  };
  const silent = () => undefined;
  globalThis.console = new Proxy(plain, { get: (known, name) => known[name] ?? silent });
}
