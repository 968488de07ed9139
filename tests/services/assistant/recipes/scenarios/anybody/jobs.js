const t = backend();
const month = 30 * 24 * 60 * 60 * 1000;
const realNow = Date.now;
Date.now = () => realNow() - month - 1000;
for (let i = 0; i < 3; i++) await t.mutation(api.messages.send, { author: "Ann", body: "old" });
Date.now = realNow;
const id = await t.mutation(api.messages.send, { author: "Ann", body: "new" });
await t.mutation(internal.messages.removeOld, {});
assert.deepEqual((await t.query(api.messages.list, {})).map((one) => one.body), ["new"]);
await t.mutation(internal.messages.removeNow, { id });
await t.mutation(internal.messages.removeNow, { id });
assert.deepEqual(await t.query(api.messages.list, {}), []);
await t.mutation(internal.jobs.sendDigest, {});
const waiting = () => t.run((ctx) => ctx.db.system.query("_scheduled_functions").collect());
await t.mutation(api.jobs.scheduleSendReminder, {});
const [job] = await waiting();
assert.match(job.name, /sendReminder/);
assert.ok(Math.abs(job.scheduledTime - Date.now() - 10 * 60 * 1000) < 10_000);
process.exit(0); // Scheduled functions would be waited for.
