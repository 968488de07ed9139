import { v } from "convex/values";
import { api } from "./_generated/api";
import { action, mutation, query } from "./_generated/server";

export const sendTwo = action({
  args: {},
  handler: async (ctx): Promise<number> => {
    await ctx.runMutation(api.messages.send, { author: "action", body: "one" });
    await ctx.runMutation(api.messages.send, { author: "action", body: "two" });
    return (await ctx.runQuery(api.messages.list, {})).length;
  },
});

export const wait = action({
  args: { milliseconds: v.number() },
  handler: async (_ctx, { milliseconds }) => {
    await new Promise((resolve) => setTimeout(resolve, milliseconds));
    return "waited";
  },
});

export const crash = action({ args: {}, handler: async () => process.exit(3) });

export const stray = action({
  args: {},
  handler: async () => {
    void Promise.reject(new Error("nobody catches this"));
    process.stdout.write("not the protocol");
    return "still here";
  },
});

export const keep = action({
  args: { text: v.string() },
  handler: async (ctx, { text }) => {
    const id = await ctx.storage.store(new Blob([text], { type: "text/plain" }));
    const back = await ctx.storage.get(id);
    return { id, text: await back!.text(), url: await ctx.storage.getUrl(id) };
  },
});

export const uploadUrl = mutation({ args: {}, handler: async (ctx) => await ctx.storage.generateUploadUrl() });

export const fileUrl = query({
  args: { id: v.id("_storage") },
  handler: async (ctx, { id }) => await ctx.storage.getUrl(id),
});

export const forget = mutation({
  args: { id: v.id("_storage") },
  handler: async (ctx, { id }) => await ctx.storage.delete(id),
});
