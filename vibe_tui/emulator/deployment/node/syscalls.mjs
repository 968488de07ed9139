// System calls that convex-test fakes for unit tests and that have to be real here: the scheduler (Python
// owns the clock, so jobs survive a restart) and file storage (bytes are files named after their hash).
import { createHash, randomUUID } from "node:crypto";
import { closeSync, fsyncSync, openSync, renameSync, writeSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { send } from "./wire.mjs";

function functionName({ name, functionHandle }) {
  if (name !== undefined) return name;
  if (functionHandle !== undefined) return functionHandle.split(";").at(-1);
  throw new Error("The emulator does not run components, so their functions cannot be scheduled.");
}

function storeBytes(folder, sha256, bytes) {
  const temporary = join(folder, `.${randomUUID()}`);
  const file = openSync(temporary, "wx", 0o600);
  for (let at = 0; at < bytes.length;) at += writeSync(file, bytes, at);
  fsyncSync(file);
  closeSync(file);
  renameSync(temporary, join(folder, sha256.toString("hex")));
}

/** `settings` is read at each call: `{name, cloudUrl, storage}`. */
export function overrideSyscalls(database, settings, { jsonToConvex }) {
  const hexOf = (document) => Buffer.from(document.sha256, "base64").toString("hex");
  const metadata = (storageId) => database.inTransaction(() => database.read("_storage", storageId));
  database.override(
    {
      "1.0/schedule": ({ args, ts, ...address }) =>
        database.insert("_scheduled_functions", {
          args: [jsonToConvex(args)],
          name: functionName(address),
          scheduledTime: ts * 1000,
          state: { kind: "pending" },
        }),
      "1.0/getDeploymentMetadata": () => ({ name: settings.name, region: null, class: "s16" }),
      "1.0/storageGenerateUploadUrl": () => {
        const token = randomUUID();
        send({ upload: token });
        return `${settings.cloudUrl}/api/storage/upload?token=${token}`;
      },
      "1.0/storageGetUrl": async ({ storageId }) =>
        (await metadata(storageId)) === null ? null : `${settings.cloudUrl}/api/storage/${storageId}`,
      "1.0/storageGetMetadata": async ({ storageId }) => {
        const document = await metadata(storageId);
        if (document === null) return null;
        return {
          storageId,
          sha256: hexOf(document),
          size: document.size,
          contentType: document.contentType ?? null,
        };
      },
      "1.0/storageDelete": ({ storageId }) =>
        database.inTransaction(() => {
          database.remove("_storage", storageId);
          return {};
        }),
    },
    {
      "storage/storeBlob": async ({ blob }) => {
        const bytes = Buffer.from(await blob.arrayBuffer());
        const sha256 = createHash("sha256").update(bytes).digest();
        storeBytes(settings.storage, sha256, bytes);
        const document = { sha256: sha256.toString("base64"), size: bytes.length };
        if (blob.type) document.contentType = blob.type;
        return await database.inTransaction(() => database.insert("_storage", document));
      },
      "storage/getBlob": async ({ storageId }) => {
        const document = database.get(storageId);
        if (document === null) return null;
        return new Blob([await readFile(join(settings.storage, hexOf(document)))], {
          type: document.contentType ?? "",
        });
      },
    },
  );
}
