const t = backend();
const id = await t.mutation(api.messages.send, { author: " Ann ", body: " hi " });
const [message] = await t.query(api.messages.list, {});
assert.deepEqual([message._id, message.author, message.body], [id, "Ann", "hi"]);
await refused(t.mutation(api.messages.send, { author: "Ann", body: "  " }), /body cannot be empty/);
await refused(t.mutation(api.messages.send, { author: "Ann", body: "x".repeat(2001) }), /at most 2000/);
await refused(t.mutation(api.messages.send, { author: 1, body: "x" }), /alid/);
await t.mutation(api.messages.send, { author: "Bob", body: "second", likes: 3 });
assert.deepEqual((await t.query(api.messages.list, {})).map((one) => one.body), ["second", "hi"]);
