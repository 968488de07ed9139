"""app/_layout.tsx: the provider that gives screens the Convex client."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vibe_tui.services.assistant.recipes.code_file import CodeFile, Import
from vibe_tui.services.assistant.recipes.draft import Draft
from vibe_tui.services.assistant.recipes.schema_edit import Change
from vibe_tui.services.assistant.recipes.typescript import nodes

if TYPE_CHECKING:
    from tree_sitter import Node

LAYOUT_PATH = "app/_layout.tsx"
_OLD, _NEW = "ConvexProvider", "ConvexAuthProvider"
_AUTH_REACT = "@convex-dev/auth/react"
_WRITTEN_OUT = """\
import { ConvexAuthProvider } from "@convex-dev/auth/react";
import { Stack } from "expo-router";
import { convex } from "@/lib/convex";
import { tokenStorage } from "@/lib/tokenStorage";

export default function RootLayout() {
  return (
    <ConvexAuthProvider client={convex} storage={tokenStorage}>
      <Stack />
    </ConvexAuthProvider>
  );
}
"""


def use_auth_provider(draft: Draft) -> None:
    """Convex Auth's provider instead of Convex's, keeping its children. Raises NotPlaced."""
    text = draft.text(LAYOUT_PATH)
    file = CodeFile(draft, LAYOUT_PATH, _WRITTEN_OUT)
    if text is not None and file.module.name_of(_AUTH_REACT, _NEW) is not None:
        return
    if text is None:
        draft.tell(
            "By hand: put <ConvexAuthProvider client={convex} storage={tokenStorage}> around the "
            "app, instead of "
            f"{_OLD}; there is no {LAYOUT_PATH}."
        )
        return
    old = file.module.name_of("convex/react", _OLD)
    tags = [] if old is None else _tags(file, old)
    opening = [tag for tag in tags if tag.type == "jsx_opening_element"]
    if len(opening) != 1 or len(tags) != 2:
        raise file.refuse(f"it has no {_OLD} around the app")
    changes = []
    for tag in tags:
        name = tag.child_by_field_name("name")
        assert name is not None, "it was found by its name"
        changes.append(Change(name.start_byte, name.end_byte, _NEW))
        if tag is opening[0]:
            end = tag.children[-1].start_byte
            changes.append(Change(end, end, " storage={tokenStorage}"))
    file.write(changes)
    file.need([Import(_AUTH_REACT, (_NEW,)), Import("@/lib/tokenStorage", ("tokenStorage",))])
    file.drop_import("convex/react", _OLD)
    draft.steps.append(f"Use {_NEW} in {LAYOUT_PATH}.")


def _tags(file: CodeFile, name: str) -> list[Node]:
    return [
        node
        for node in nodes(file.module.root)
        if node.type in ("jsx_opening_element", "jsx_closing_element", "jsx_self_closing_element")
        and (called := node.child_by_field_name("name")) is not None
        and file.module.text(called) == name
    ]
