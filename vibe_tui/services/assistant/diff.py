"""What an edit changes, line by line, ready to be shown."""

from __future__ import annotations

from dataclasses import dataclass
from difflib import unified_diff

from vibe_tui.services.assistant.answerer import Edit
from vibe_tui.services.terminal_text import clean, redact


@dataclass(frozen=True, slots=True)
class Diff:
    text: str
    """Unified, three lines of context, without the two file lines; cleaned and redacted."""
    added: int
    removed: int


def diff_of(edit: Edit) -> Diff:
    """The difference between both sides of `edit`. Line endings are not compared."""
    lines = list(unified_diff(_lines(edit.before or ""), _lines(edit.after), lineterm=""))[2:]
    return Diff(
        text=redact(clean("\n".join(lines))),
        added=sum(line.startswith("+") for line in lines),
        removed=sum(line.startswith("-") for line in lines),
    )


def _lines(text: str) -> list[str]:
    # Not splitlines(): to it a form feed or U+2028 inside a string literal ends a line too.
    return text.replace("\r\n", "\n").removesuffix("\n").split("\n") if text else []
