"""Why a function failed, as Convex tells it: the sentence, the request, and the place in the code."""

from __future__ import annotations

import re
from dataclasses import dataclass

from vibe_tui.services.terminal_text import clean

_REQUEST = re.compile(r"\[Request ID: (\w{1,64})\] ?")
_PLACE = re.compile(r"\(?\.\./(convex/[^:()\n]+):(\d{1,9}):(\d{1,9})\)?")


@dataclass(frozen=True, slots=True)
class FunctionError:
    """A failed run. Everything in it is untrusted text, cleaned."""

    message: str
    """Without the request id and without "Server Error"; may have several lines (a stack)."""
    request_id: str = ""
    data: object = None
    """What a ConvexError carries, as readable JSON."""
    has_data: bool = False
    file: str = ""
    """Where the code threw, relative to the project, e.g. "convex/messages.ts"; "" when not told."""
    line: int = 0
    column: int = 0


def place_in(text: str) -> tuple[str, int] | None:
    """The file of the project and the line that a line of a stack names; None for any other line."""
    place = _PLACE.search(text)
    return (place[1], int(place[2])) if place else None


def read_error(text: str, data: object = None, *, has_data: bool = False) -> FunctionError:
    """From an `errorMessage` of a call, or an `error` of a log entry."""
    text = clean(text)
    request = _REQUEST.search(text)
    message = _REQUEST.sub("", text, count=1).removeprefix("Server Error").strip()
    place = _PLACE.search(message)
    return FunctionError(
        message or "Server Error",
        request[1] if request else "",
        data,
        has_data,
        place[1] if place else "",
        int(place[2]) if place else 0,
        int(place[3]) if place else 0,
    )
