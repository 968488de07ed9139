"""The text of a Convex function: its validators, its handler, and what it imports."""

from __future__ import annotations

import re
from collections.abc import Sequence

from vibe_tui.services.assistant.recipes.auth_tables import AUTH_SERVER
from vibe_tui.services.assistant.recipes.code_file import Code, Import

GENERATED = "./_generated/server"

_WIDTH = 84
_USER_ID = Import(AUTH_SERVER, ("getAuthUserId",))


def function(
    kind: str,
    name: str,
    says: str,
    arguments_: Sequence[str],
    returns: str,
    body: Sequence[str],
    imports: Sequence[Import | None],
    *,
    uses_args: bool = True,
    arguments: str = "args",
) -> Code:
    """A public function with a comment; `body`: the lines of its handler."""
    takes = f"ctx, {arguments}" if uses_args else "ctx"
    lines = [
        f"/** {says} */",
        f"export const {name} = {kind}({{",
        *(f"  {line}" for line in _member("args", _object(arguments_))),
        f"  returns: {returns},",
        f"  handler: async ({takes}) => {{",
        *(f"    {line}" for line in body),
        "  },",
        "});",
    ]
    text = "\n".join(lines)
    return Code(name, text, imports_of(text, (Import(GENERATED, (kind,)), *filter(None, imports))))


def imports_of(text: str, others: Sequence[Import]) -> tuple[Import, ...]:
    """What code that is made here uses of Convex and Convex Auth, and `others`."""
    uses = (("ConvexError", r"new ConvexError\("), ("v", r"\bv\."))
    values = tuple(name for name, use in uses if re.search(use, text))
    return (
        *([_USER_ID] if "getAuthUserId(" in text else []),
        *([Import("convex/values", values)] if values else []),
        *others,
    )


def signed_in(message: str, *, keep: bool = False) -> list[str]:
    """Lines of a handler that refuse who is not signed in. keep: the user's id is needed afterwards."""
    refuse = [f'  throw new ConvexError("{message}");', "}"]
    if keep:
        return ["const userId = await getAuthUserId(ctx);", "if (userId === null) {", *refuse]
    return ["if ((await getAuthUserId(ctx)) === null) {", *refuse]


def signed_out_get(what: str) -> list[str]:
    """Queries answer who is signed out, too: screens ask before the session is there."""
    return ["if ((await getAuthUserId(ctx)) === null) {", f"  return {what};", "}"]


def _member(name: str, value: Sequence[str]) -> list[str]:
    """`name: value,` in lines."""
    lines = list(value)
    lines[0] = f"{name}: {lines[0]}"
    lines[-1] += ","
    return lines


def _object(entries: Sequence[str]) -> list[str]:
    one_line = f"{{ {', '.join(entries)} }}" if entries else "{}"
    if len(one_line) <= _WIDTH:
        return [one_line]
    return ["{", *(f"  {entry}," for entry in entries), "}"]
