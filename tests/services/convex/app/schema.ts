import { defineSchema, defineTable } from "convex/server";
import { v } from "convex/values";

export default defineSchema({
  messages: defineTable({ author: v.string(), body: v.string(), stars: v.optional(v.number()) }),
  things: defineTable({ big: v.int64(), raw: v.bytes(), odd: v.number(), any: v.any() }),
  rows: defineTable({ n: v.number() }),
  many: defineTable({ n: v.number() }),
});
