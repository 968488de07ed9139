import { ConvexError, v } from "convex/values";
import { internal } from "./_generated/api";
import type { Id } from "./_generated/dataModel";
import { internalMutation, internalQuery, mutation, query } from "./_generated/server";

export const list = query({
  args: {},
  handler: async (ctx) => await ctx.db.query("messages").collect(),
});

export const byAuthor = query({
  args: { author: v.string() },
  handler: async (ctx, { author }) =>
    await ctx.db
      .query("messages")
      .withIndex("by_author", (q) => q.eq("author", author))
      .collect(),
});

export const send = mutation({
  args: { author: v.string(), body: v.string() },
  returns: v.id("messages"),
  handler: async (ctx, message) => {
    console.log("sending", { to: "everybody" });
    return await ctx.db.insert("messages", message);
  },
});

export const sendThenFail = mutation({
  args: {},
  handler: async (ctx) => {
    await ctx.db.insert("messages", { author: "nobody", body: "never stored" });
    throw new ConvexError({ reason: "changed my mind", at: 3n });
  },
});

export const fails = query({
  args: {},
  handler: async () => {
    throw new Error("this is wrong");
  },
});

export const secret = internalQuery({ args: {}, handler: async () => "for admins" });

export const purge = internalMutation({
  args: {},
  handler: async (ctx) => {
    for (const message of await ctx.db.query("messages").collect()) await ctx.db.delete(message._id);
  },
});

export const count = mutation({
  args: { name: v.string(), value: v.int64() },
  handler: async (ctx, { name, value }) => {
    const id = await ctx.db.insert("counters", { name, value, tags: { a: 1 } });
    return (await ctx.db.get(id))!.value;
  },
});

export const hang = mutation({
  args: {},
  handler: async () => {
    for (;;) {
      // never ends
    }
  },
});

export const variable = query({ args: {}, handler: async () => process.env.GREETING ?? null });

export const leaks = query({
  args: {},
  handler: async () => Object.keys(process.env).sort(),
});

export const viewer = query({ args: {}, handler: async (ctx) => await ctx.auth.getUserIdentity() });

export const later = mutation({
  args: { milliseconds: v.number(), body: v.string() },
  handler: async (ctx, { milliseconds, body }): Promise<Id<"_scheduled_functions">> =>
    await ctx.scheduler.runAfter(milliseconds, internal.messages.arrive, { body }),
});

export const cancel = mutation({
  args: { job: v.id("_scheduled_functions") },
  handler: async (ctx, { job }) => await ctx.scheduler.cancel(job),
});

export const arrive = internalMutation({
  args: { body: v.string() },
  handler: async (ctx, { body }) => {
    if (body === "fail") throw new Error("not delivered");
    await ctx.db.insert("messages", { author: "the past", body });
  },
});

export const jobs = query({
  args: {},
  handler: async (ctx) => await ctx.db.system.query("_scheduled_functions").collect(),
});
