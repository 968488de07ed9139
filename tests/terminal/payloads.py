"""Texts that try to reach past the screen, and the check that none of them did."""

from __future__ import annotations

import re

PAYLOADS = {
    "clipboard": "\x1b]52;c;UFdORUQ=\x07",
    "clipboard, other end": "\x1b]52;p;UFdORUQ=\x1b\\",
    "title": "\x1b]0;PWNED\x07",
    "icon": "\x1b]1;PWNED\x1b\\",
    "link": "\x1b]8;;https://pwned.example/\x1b\\here\x1b]8;;\x1b\\",
    "notification": "\x1b]9;PWNED\x07",
    "clear": "\x1b[2J\x1b[3J",
    "cursor": "\x1b[777;777H\x1b[9A",
    "report": "\x1b[6n\x1b[c",
    "modes": "\x1b[?1049l\x1b[?25h\x1b[?1003l",
    "reset": "\x1bc",
    "DCS": "\x1bP$q777m\x1b\\",
    "APC": "\x1b_PWNED\x1b\\",
    "C1 CSI": "\x9b2J\x9b777;777H",
    "C1 OSC": "\x9d0;PWNED\x9c",
    "NUL and its like": "\x00\x05\x07\x08\x0b\x0c\x0e\x7f",
    "carriage return": "a\rb",
    "bidi": "\u202e\u2066\u061c\u200f",
    "hidden": "\u200b\ufeff\xad\u2028\u2060",
    "tags": "\U000e0041\U000e007f",
    "surrogate": "\udc9b\ud800",
    "unfinished": "\x1b]52;c;UFdORUQ=",
}
MARKUP = [
    "[@click=app.quit]x[/]",
    "[/nope]",
    "[link='https://pwned.example/']y[/link]",
    "[$",
    "[[bold]",
    "\\[",
]

_OURS = re.compile(
    rb"\x1b\[[\d;:]*m"  # colours
    rb"|\x1b\[(?!777)\d+;\d+H"  # where a painted line begins
    rb"|\x1b\[\?(?:25|7|1000|1003|1004|1006|1015|1016|1049|2004|2026|2048)[hl]"
    rb"|\x1b\[\?(?:2026|2048)\$p"
    rb"|\x1b\[>\d+u|\x1b\[<u"
    rb"|\x1b\]22;[a-z]+\x07"  # the shape of the pointer
    rb"|\x1b\]8;(?:id=[\d-]+)?;(?:http://127\.0\.0\.1[!-~]*)?\x1b\\"  # the link of the sign-in
    rb"|\r\n"
)
_NEVER = re.compile(
    "[\x00-\x09\x0b-\x1f\x7f-\x9f\xad\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u2069\ufeff"
    "\U000e0000-\U000e007f\ufffe]"
)


def assert_harmless(output: bytes) -> None:
    """What was sent is text, and sequences that the page itself has a use for."""
    text = _OURS.sub(b"", output).decode("utf-8")  # also: nothing that is not UTF-8
    found = _NEVER.search(text)
    assert found is None, repr(text[max(0, found.start() - 80) : found.end() + 80])
    # What could stand among our own sequences, in its own way.
    assert output.count(b"\x1b[?1049l") <= 1
    assert b"\x1b]52;" not in output
    assert b"pwned.example" not in b"".join(re.findall(rb"\x1b\]8;[^\x1b\x07]*", output))
