"""What a project may be called."""

from __future__ import annotations

import unicodedata
from collections.abc import Collection

from vibe_tui.services.errors import UsageError
from vibe_tui.services.terminal_text import clean, visible

_LONGEST = 64


class ProjectNameInvalid(UsageError):
    """The name cannot be shown or typed."""

    code = "project_name_invalid"


def check_name(name: str) -> None:
    """Raises ProjectNameInvalid."""
    plain = name == clean(name).strip() and not set(name) & set("/\\\n\t")
    if not plain or not 1 <= len(name) <= _LONGEST or name.startswith(("-", ".")):
        raise ProjectNameInvalid(
            f"A project cannot be called “{visible(name[:80])}”.",
            next_step="Choose 1 to 64 characters without slashes, and no dot or dash at the start.",
        )


def same_name(one: str, other: str) -> bool:
    """Whether a reader would take them for the same."""
    return _key(one) == _key(other)


def free_name(wanted: str, taken: Collection[str]) -> str:
    """A valid name like `wanted`, with a number if it is taken."""
    keys = {_key(name) for name in taken}
    plain = clean(wanted).translate(dict.fromkeys(map(ord, "/\\\n\t"), " ")).strip(" .-")
    base = plain[: _LONGEST - 8].strip() or "project"
    name, number = base, 1
    while _key(name) in keys:
        number += 1
        name = f"{base} {number}"
    return name


def _key(name: str) -> str:
    return unicodedata.normalize("NFKC", name).casefold()
