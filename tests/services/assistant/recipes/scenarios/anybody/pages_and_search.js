const t = backend();
for (const body of ["apple pie", "apple juice", "pear"]) {
  await t.mutation(api.messages.send, { author: "Ann", body });
}
const first = await t.query(api.messages.page, { paginationOpts: { numItems: 2, cursor: null } });
assert.deepEqual(first.page.map((one) => one.body), ["pear", "apple juice"]);
const rest = await t.query(api.messages.page, { paginationOpts: { numItems: 2, cursor: first.continueCursor } });
assert.deepEqual(rest.page.map((one) => one.body), ["apple pie"]);
assert.equal((await t.query(api.messages.searchByBody, { words: "apple" })).length, 2);
