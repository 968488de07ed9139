"""The one answer to what a later version brings."""

from __future__ import annotations

from vibe_tui.services.errors import UsageError


class NotYet(UsageError):
    code = "not_yet"

    def __init__(self, what: str, instead: str = "") -> None:
        super().__init__(f"Not yet: {what} comes in a later version.", next_step=instead)
