"""What the Data tab says about what it shows. Pure functions."""

from __future__ import annotations

from vibe_tui.screens.dashboard.data_reader import Look
from vibe_tui.services.convex.document_filter import Contains
from vibe_tui.services.convex.pager import Window
from vibe_tui.services.terminal_text import visible

NO_TABLES = (
    "No tables yet.\n\nAsk the chat for one, or write convex/schema.ts and let the dev server push it."
)


def nothing_text(look: Look, window: Window) -> str:
    """Why there are no documents; "" when there are, or may be."""
    if window.rows or not window.complete:
        return ""
    if look.only is not None:
        return f"Nothing found: {visible(str(look.only))}.\n\nEsc shows all documents again."
    return f"The table {visible(look.table)} is empty.\n\na adds a document."


def status_text(look: Look, window: Window, *, row: int, count: int | None, marked: int) -> str:
    """row: the cursor's, from 0. count: of the table's documents, None when nobody counted."""
    parts = [visible(look.table)]
    whole = window.rows if window.complete or look.only is not None else count
    total = f"{window.rows:,} or more" if whole is None else f"{max(whole, window.rows):,}"
    if window.rows:
        parts.append(f"row {row + 1:,} of {total}")
    if look.only is None:
        parts.append("newest first" if look.order == "desc" else "oldest first")
    if marked:
        parts.append(f"{marked:,} marked")
    return " · ".join(parts)


def filter_text(look: Look, window: Window, *, count: int | None, searching: bool, stopped: bool) -> str:
    """What is filtered by, and how far a search is; "" without a filter."""
    if look.only is None:
        return ""
    what = f"filter {visible(str(look.only))}"
    if window.complete:
        return what
    if not isinstance(look.only, Contains):
        return f"{what}, more below"
    of = f" of {count:,}" if count else ""
    how = "stopped" if stopped else "Esc stops" if searching else "more below"
    return f"{what}: {window.looked_at:,}{of} searched, {how}"
