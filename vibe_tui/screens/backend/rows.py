"""How the bodies of the backend dialog write their rows."""

from __future__ import annotations

from textual.content import Content

from vibe_tui.screens.backend.view import Tone
from vibe_tui.services.terminal_text import clean, visible

_COLOURS: dict[Tone, str] = {"plain": "$text-muted", "busy": "$warning", "good": "$success", "bad": "$error"}
MARKS: dict[Tone, str] = {"plain": "○", "busy": "↻", "good": "●", "bad": "✗"}


def status(tone: Tone, text: str) -> Content:
    return row("Status", f"{MARKS[tone]} {text}", tone)


def row(title: str, text: str, tone: Tone | None = None) -> Content:
    value = Content(visible(text))
    return Content(f"{title:<12}").stylize("$text-muted") + (value.stylize(_COLOURS[tone]) if tone else value)


def problem(reason: str, next_step: str) -> Content:
    """What went wrong, then on a line of its own what to do."""
    return Content(clean(reason)).stylize("$error") + Content(clean(f"\n{next_step}".rstrip()))
