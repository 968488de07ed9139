"""How the text of a file is shown, where it cannot be shown and edited as it is."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import PurePosixPath

from vibe_tui.services.terminal_text import clean, visible

MASK = "********"
SECRETS = "The values are hidden. Change this file outside of vibe-tui."
HIDDEN = "It has hidden characters, shown as <U+…>. Read-only."
MIXED = "Its line endings are mixed. Read-only."
COLOURED_LINES = 2_000
COLOURED_SIZE = 200_000
"""Characters. Larger files are shown in one colour."""

_BOM = "\ufeff"
_ASSIGNMENT = re.compile(r"""(\s*(?:#\s*)?(?:export\s+)?[\w.-]+\s*=\s*)(.*)""", re.ASCII | re.DOTALL)


@dataclass(frozen=True, slots=True)
class CodeText:
    """What is in the editor for a file."""

    shown: str
    bom: str = ""
    """A byte order mark that the editor does not show, to be put in front again when saving."""
    read_only: str = ""
    """Why it cannot be edited; "": it can."""

    @property
    def is_large(self) -> bool:
        return len(self.shown) > COLOURED_SIZE or self.shown.count("\n") >= COLOURED_LINES


def as_shown(path: str, text: str) -> CodeText:
    """Masked where it is a file of secrets; read-only where the editor would change what it must not."""
    name = PurePosixPath(path).name
    if name == ".env" or name.startswith(".env."):
        return CodeText(
            _masked(text), read_only="The values are hidden. Change this file outside of vibe-tui."
        )
    bom = _BOM if text.startswith(_BOM) else ""
    text = text.removeprefix(_BOM)
    unix = text.replace("\r\n", "\n")
    if clean(unix) != unix:
        return CodeText(_spelled_out(unix), bom, HIDDEN)
    if "\r\n" in text and text.count("\n") != text.count("\r\n"):
        return CodeText(unix, bom, MIXED)
    return CodeText(text, bom)


def _spelled_out(text: str) -> str:
    return "\n".join("\t".join(map(visible, line.split("\t"))) for line in text.split("\n"))


def _masked(text: str) -> str:
    """Only names and comments; a value may go on over several lines."""
    lines: list[str] = []
    quote = ""
    for line in clean(text.replace("\r\n", "\n")).split("\n"):
        if quote:
            lines.append(MASK)
            quote = "" if line.rstrip().endswith(quote) else quote
            continue
        found = _ASSIGNMENT.match(line)
        if found is None:
            lines.append(line if not line.strip() or line.lstrip().startswith("#") else MASK)
            continue
        name, value = found[1], found[2].strip()
        lines.append(name + (MASK if value else ""))
        if value[:1] in ("'", '"', "`") and value.find(value[0], 1) < 0:
            quote = value[0]
    return "\n".join(lines)
