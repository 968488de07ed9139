"""The last line of defence of the screen: no control character leaves, no secret in a crash report."""

from __future__ import annotations

import os
import platform
import re
import sys
import time
import traceback
from pathlib import Path

from rich.segment import Segment
from textual.color import Color
from textual.filter import LineFilter

from vibe_tui.services.terminal_text import clean, redact

# What `terminal_text.clean` removes, and newline and tab: neither may stand in a painted line.
_UNSAFE = re.compile(
    "[\x00-\x1f\x7f-\x9f\xad\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u2069\ufeff"
    "\U000e0000-\U000e007f\ud800-\udfff]"
)


class ControlFilter(LineFilter):
    """Keeps control, bidi and zero-width characters from the terminal, whatever a widget was given.

    Text is cleaned where it comes in; this is the backstop. What replaces a character is as wide as
    the compositor took it to be, so nothing else on the line moves.
    """

    def apply(self, segments: list[Segment], background: Color) -> list[Segment]:
        """The segments of one line, without characters that could reach past it."""
        if all(_is_safe(segment) for segment in segments):
            return segments
        return [segment if _is_safe(segment) else _made_safe(segment) for segment in segments]


def _is_safe(segment: Segment) -> bool:
    text, style, control = segment
    if control is not None:
        return True
    if style is not None and style.link is not None and not style.link.isprintable():
        return False
    # Almost every segment is printable, and that test is much the faster one.
    return text.isprintable() or _UNSAFE.search(text) is None


def _made_safe(segment: Segment) -> Segment:
    style = segment.style
    if style is not None and style.link is not None and not style.link.isprintable():
        style = style.update_link(None)
    return Segment(_UNSAFE.sub(_replacement, segment.text), style)


def _replacement(found: re.Match[str]) -> str:
    character = found[0]
    if character == "\xad":
        return "-"
    return "\ufffd" if "\ud800" <= character <= "\udfff" else ""


def crash_text(error: BaseException) -> str:
    """The traceback of `error` as it may be shown: no locals, no secrets, no control characters."""
    return redact(clean("".join(traceback.format_exception(error))))


def write_crash_report(error: BaseException, folder: Path) -> Path:
    """Write the traceback of `error` and what it ran on to a new file in `folder`; returns the file.

    The folder is made 0700 when it is missing, the file 0600. Raises OSError.
    """
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    path = folder / f"crash-{time.strftime('%Y%m%d-%H%M%S')}-{os.getpid()}.txt"
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW
    with os.fdopen(os.open(path, flags, 0o600), "w", encoding="utf-8") as report:
        report.write(f"Python {sys.version.split()[0]}, {platform.platform()}\n\n{crash_text(error)}")
    return path
