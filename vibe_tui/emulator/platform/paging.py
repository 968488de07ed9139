"""Pages of rows that are listed by descending id; the cursor is the last id that was shown."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol, TypeVar

from aiohttp import web

from vibe_tui.emulator.platform.answers import bad_request, page_size


class _Numbered(Protocol):
    @property
    def id(self) -> int: ...


Row = TypeVar("Row", bound=_Numbered)


def one_page(request: web.Request, rows: Sequence[Row], *, default: int) -> tuple[list[Row], str | None]:
    """The asked page of `rows` (newest first) and the cursor of the next. Raises ApiError (400)."""
    limit = page_size(request, default)
    cursor = request.query.get("cursor")
    if cursor:
        if not cursor.isascii() or not cursor.isdigit() or len(cursor) > 18:
            raise bad_request("BadCursor", "The parameter 'cursor' must come from a previous answer.")
        rows = [row for row in rows if row.id < int(cursor)]
    shown = list(rows[:limit])
    return shown, str(shown[-1].id) if len(rows) > limit else None
