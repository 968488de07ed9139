import { ConvexError, v } from "convex/values";
import { action, internalQuery, mutation, query } from "./_generated/server";

export const list = query({
  args: {},
  handler: async (ctx) => await ctx.db.query("messages").collect(),
});

export const send = mutation({
  args: { author: v.string(), body: v.string(), stars: v.optional(v.number()) },
  returns: v.id("messages"),
  handler: async (ctx, message) => {
    console.log("sending", message.body);
    console.warn("carefully");
    return await ctx.db.insert("messages", message);
  },
});

export const fails = query({
  args: {},
  handler: async () => {
    throw new Error("this is wrong");
  },
});

export const refuses = mutation({
  args: {},
  handler: async () => {
    throw new ConvexError({ reason: "not today", at: 3n });
  },
});

export const secret = internalQuery({ args: {}, handler: async () => "for key holders" });

export const keep = mutation({
  args: { big: v.int64(), raw: v.bytes(), odd: v.number(), any: v.any() },
  handler: async (ctx, thing) => {
    const id = await ctx.db.insert("things", thing);
    return (await ctx.db.get(id))!;
  },
});

export const fill = mutation({
  args: { table: v.union(v.literal("rows"), v.literal("many")), from: v.number(), to: v.number() },
  handler: async (ctx, { table, from, to }) => {
    for (let n = from; n < to; n++) await ctx.db.insert(table, { n });
    return null;
  },
});

export const paint = query({
  args: {
    colour: v.union(v.literal("red"), v.literal("green")),
    where: v.optional(v.record(v.string(), v.array(v.number()))),
  },
  returns: v.string(),
  handler: async (_ctx, { colour }) => colour,
});

export const wait = action({
  args: { milliseconds: v.number() },
  handler: async (_ctx, { milliseconds }) => {
    await new Promise((resolve) => setTimeout(resolve, milliseconds));
    return "waited";
  },
});
