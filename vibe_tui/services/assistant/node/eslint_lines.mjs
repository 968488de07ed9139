// One finding a line, as JSON: [path, line, rule, message].
import path from "node:path";

export default function lines(results) {
  const found = results.flatMap((file) =>
    file.messages.map((it) =>
      JSON.stringify([path.relative(process.cwd(), file.filePath), it.line ?? 0, it.ruleId ?? "", it.message.slice(0, 500)]),
    ),
  );
  return found.join("\n");
}
