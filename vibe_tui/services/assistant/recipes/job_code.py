"""Functions that run by themselves: jobs of a schedule, deletions at a time, and what starts them."""

from __future__ import annotations

from vibe_tui.services.assistant.recipes import spoken
from vibe_tui.services.assistant.recipes.code_file import Code, Import
from vibe_tui.services.assistant.recipes.function_code import GENERATED, imports_of, signed_in
from vibe_tui.services.assistant.recipes.shape import Shape
from vibe_tui.services.assistant.recipes.table import Reference

JOBS_PATH = "convex/jobs.ts"
_API = Import("./_generated/api", ("internal",))
BATCH = 100


def job(name: str) -> Code:
    """A job whose work is the user's to write."""
    text = f"""\
/** Runs by itself. What it does is to be written here. */
export const {name} = internalMutation({{
  args: {{}},
  returns: v.null(),
  handler: async () => {{
    console.log("{name} ran; it does nothing yet.");
    return null;
  }},
}});"""
    return Code(name, text, imports_of(text, (Import(GENERATED, ("internalMutation",)),)))


def later(name: str, delay: str, words: str, *, auth: bool) -> Code:
    """A public function that starts the job `name` after a while. delay: an expression of milliseconds."""
    start = schedule_name(name)
    guard = "".join(f"    {line}\n" for line in signed_in(f"Sign in to schedule {name}.")) if auth else ""
    text = f"""\
/** Runs {name} in {words}. */
export const {start} = mutation({{
  args: {{}},
  returns: v.null(),
  handler: async (ctx): Promise<null> => {{
{guard}    await ctx.scheduler.runAfter({delay}, internal.jobs.{name}, {{}});
    return null;
  }},
}});"""
    return Code(start, text, imports_of(text, (_API, Import(GENERATED, ("mutation",)))))


def schedule_name(job_name: str) -> str:
    return f"schedule{job_name[:1].upper()}{job_name[1:]}"


def remove_later(shape: Shape, delay: str, words: str) -> Code:
    """A public function that deletes a document after a while."""
    variable, owner = shape.variable, shape.owner
    guard: list[str] = []
    if owner is not None:
        guard = [
            "const userId = await getAuthUserId(ctx);",
            f'const {variable} = await ctx.db.get("{shape.table}", args.id);',
            f"if (userId === null || {variable}?.{owner.name} !== userId) {{",
            f'  throw new ConvexError("You can only delete your own {shape.many}.");',
            "}",
        ]
    elif shape.auth:
        guard = signed_in(f"Sign in to delete {shape.many}.")
    lines = "".join(f"    {line}\n" for line in guard)
    text = f"""\
/** Deletes {spoken.article(shape.one)} in {words}. */
export const removeLater = mutation({{
  args: {{ id: v.id("{shape.table}") }},
  returns: v.null(),
  handler: async (ctx, args): Promise<null> => {{
{lines}    await ctx.scheduler.runAfter({delay}, internal.{shape.table}.removeNow, args);
    return null;
  }},
}});"""
    return Code("removeLater", text, imports_of(text, (_API, Import(GENERATED, ("mutation",)))))


def remove_now(shape: Shape) -> Code:
    """What removeLater starts."""
    delete = "\n".join(f"      {line}" for line in _delete(shape, shape.variable))
    text = f"""\
/** Deletes {spoken.article(shape.one)}, when it is still there. */
export const removeNow = internalMutation({{
  args: {{ id: v.id("{shape.table}") }},
  returns: v.null(),
  handler: async (ctx, args) => {{
    const {shape.variable} = await ctx.db.get("{shape.table}", args.id);
    if ({shape.variable} !== null) {{
{delete}
    }}
    return null;
  }},
}});"""
    return Code("removeNow", text, imports_of(text, (Import(GENERATED, ("internalMutation",)),)))


def remove_old(shape: Shape, age: str, words: str) -> Code:
    """A job that deletes what is older; many documents in several rounds."""
    variable = shape.variable
    delete = "\n".join(f"      {line}" for line in _delete(shape, variable))
    text = f"""\
/** Deletes {shape.many} that are older than {words}, {BATCH} at a time. */
export const removeOld = internalMutation({{
  args: {{}},
  returns: v.null(),
  handler: async (ctx): Promise<null> => {{
    const limit = Date.now() - {age};
    const old = await ctx.db
      .query("{shape.table}")
      .withIndex("by_creation_time", (q) => q.lt("_creationTime", limit))
      .take({BATCH});
    for (const {variable} of old) {{
{delete}
    }}
    if (old.length === {BATCH}) {{
      await ctx.scheduler.runAfter(0, internal.{shape.table}.removeOld, {{}});
    }}
    return null;
  }},
}});"""
    return Code("removeOld", text, imports_of(text, (_API, Import(GENERATED, ("internalMutation",)))))


def _delete(shape: Shape, variable: str) -> list[str]:
    """Lines that delete a document and its files."""
    lines = []
    for one in shape.columns:
        if one.type != Reference("_storage"):
            continue
        delete = f"await ctx.storage.delete({variable}.{one.name});"
        if one.optional:
            lines += [f"if ({variable}.{one.name} !== undefined) {{", f"  {delete}", "}"]
        else:
            lines.append(delete)
    return [*lines, f'await ctx.db.delete("{shape.table}", {variable}._id);']
