// The line protocol with the Python side: JSON lines on stdin and stdout, nothing else.
import { writeSync } from "node:fs";
import { createInterface } from "node:readline";

const STDOUT = 1;
const pause = new Int32Array(new SharedArrayBuffer(4));

/**
 * Writes one message, whole, before it returns. What is written first is read first, so a commit that
 * is sent before the answer to its caller is also stored before that caller hears of it.
 */
export function send(message) {
  // User code may have written to descriptor 1 itself: start on a fresh line.
  const bytes = Buffer.from(`\n${JSON.stringify(message)}\n`);
  for (let at = 0; at < bytes.length;) {
    try {
      at += writeSync(STDOUT, bytes, at);
    } catch (error) {
      if (error.code === "EPIPE") process.exit(0);
      if (error.code !== "EAGAIN") throw error;
      Atomics.wait(pause, 0, 0, 1);
    }
  }
}

/** Calls `handle` for every message; ends the process when stdin closes: Python is gone. */
export function receive(handle) {
  const lines = createInterface({ input: process.stdin, crlfDelay: Infinity });
  lines.on("line", (line) => handle(JSON.parse(line)));
  lines.on("close", () => process.exit(0));
}
