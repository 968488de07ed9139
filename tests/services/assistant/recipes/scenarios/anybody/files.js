const t = backend();
assert.equal(typeof (await t.mutation(api.files.generateUploadUrl, {})), "string");
const storageId = await t.run((ctx) => ctx.storage.store(new Blob(["hello"])));
const id = await t.mutation(api.files.create, { name: " a.txt ", storageId });
const [file] = await t.query(api.files.list, {});
assert.equal(file.name, "a.txt");
assert.equal(typeof file.url, "string");
await t.mutation(api.files.remove, { id });
assert.equal(await t.run((ctx) => ctx.storage.get(storageId)), null);
