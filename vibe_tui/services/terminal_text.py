"""Make text from outside safe to show, to log and to pass on.

Everything that we did not write ourselves (output of commands, file names, model output, errors of a
server) goes through :func:`clean` and :func:`redact` at the door. Control sequences are those of
ECMA-48; a sequence never reaches past the end of its line, so hostile output cannot swallow the
lines after it.
"""

from __future__ import annotations

import base64
import codecs
import json
import re
from functools import lru_cache
from urllib.parse import quote, quote_plus

from vibe_tui.services.secret import known_values

STARS = "***"
LINE_LIMIT = 16 * 1024
"""Characters of one line that are kept."""
CUT_MARK = " … (line cut at 16 KiB)"

_CONTROLS = (
    "\x00-\x08\x0b-\x1f\x7f-\x9f\xad\u061c\u200b\u200e\u200f\u2028-\u202e"
    "\u2060-\u2069\ufeff\U000e0000-\U000e007f"
)  # C0 without \n and \t, DEL, C1, bidi marks, zero width, tags; U+200C and U+200D are text
_SURROGATES = "\ud800-\udfff"
_STRING_END = "(?:\x07|\x1b\\\\|\x9c)?"
_STRING_BODY = "[^\x07\x18\x1a\x1b\x9c\n]*"
_AFTER_ESC = (
    r"\[[0-?]*[ -/]*[@-~]?"  # CSI
    rf"|[\]PX^_k]{_STRING_BODY}{_STRING_END}"  # OSC, DCS, SOS, PM, APC, a screen title
    r"|[ -/]+[0-~]?"  # nF: character sets and the like
    r"|[0-~]?"  # two characters, or an ESC by itself
)
_C1 = rf"\x9b[0-?]*[ -/]*[@-~]?|[\x90\x98\x9d-\x9f]{_STRING_BODY}{_STRING_END}"
_SGR = r"\[[0-9;:]{0,64}m"

_SUSPECT = re.compile(f"[{_CONTROLS}{_SURROGATES}]")
_UNSAFE = re.compile(f"\x1b(?:{_AFTER_ESC})|{_C1}|[{_CONTROLS}]")
_UNSAFE_BUT_COLOURS = re.compile(f"\x1b(?!{_SGR})(?:{_AFTER_ESC})|{_C1}|(?!\x1b)[{_CONTROLS}]")
_SURROGATE = re.compile(f"[{_SURROGATES}]")
_INVISIBLE = re.compile(f"[\t\n\u200c\u200d{_CONTROLS}{_SURROGATES}]")
_COLOUR = re.compile(f"\x1b{_SGR}")
_HALF_COLOUR = re.compile(r"\x1b(?:\[[0-9;:]*)?\Z")


def clean(text: str, *, colours: bool = False) -> str:
    """`text` without control sequences and without control, bidi, zero-width and tag characters.

    Newline, tab and the joiners that scripts and emoji need stay; lone surrogates become U+FFFD.
    colours: also keep well-formed SGR sequences (``ESC [ … m``).
    """
    if _SUSPECT.search(text) is None:
        return text
    text = (_UNSAFE_BUT_COLOURS if colours else _UNSAFE).sub("", text)
    return _SURROGATE.sub("\ufffd", text)


def visible(text: str) -> str:
    """`text` on one line with every hidden character spelled out, e.g. ``<U+202E>``.

    For names and commands that somebody is asked to approve.
    """
    return _INVISIBLE.sub(lambda found: f"<U+{ord(found[0]):04X}>", text)


_PATTERNS: tuple[tuple[tuple[str, ...], re.Pattern[str], str], ...] = (
    # What must be in the text for the pattern to be tried, the pattern, what takes its place.
    (("|",), re.compile(r"(?:dev|prod|preview|team|project):[^|\s]{1,200}\|[A-Za-z0-9+/=_-]{16,}"), STARS),
    (("sk-",), re.compile(r"(?<![A-Za-z0-9])sk-[A-Za-z0-9_-]{16,}"), STARS),
    (("e2b_",), re.compile(r"(?<![A-Za-z0-9])e2b_[A-Za-z0-9]{16,}"), STARS),
    (("gh",), re.compile(r"(?<![A-Za-z0-9])(?:gh[pousr]_[A-Za-z0-9]{20,}|github_pat_\w{20,})"), STARS),
    (("eyJ",), re.compile(r"(?<![\w-])eyJ[\w-]{8,}\.[\w-]{8,}\.[\w-]{8,}", re.ASCII), STARS),
    (
        ("_KEY=", "_SECRET=", "_TOKEN=", "_PASSWORD="),
        re.compile(r"""\b(\w+_(?:KEY|SECRET|TOKEN|PASSWORD)=)(?:"[^"\n]+"|'[^'\n]+'|[^\s"']+)""", re.ASCII),
        rf"\1{STARS}",
    ),
)


def redact(text: str) -> str:
    """`text` with stars for every known secret, however it is spelled, and for whatever looks like one."""
    for spelling in _spellings(known_values()):
        if spelling in text:
            text = text.replace(spelling, STARS)
    for hints, pattern, stars in _PATTERNS:
        if any(hint in text for hint in hints):
            text = pattern.sub(stars, text)
    return text


def redact_all(value: object) -> object:
    """`redact` for every text in a JSON value. In the finished JSON, stars could take a quote along."""
    match value:
        case str():
            return redact(value)
        case dict():
            return {name: redact_all(inner) for name, inner in value.items()}
        case list() | tuple():
            return [redact_all(inner) for inner in value]
    return value


@lru_cache(maxsize=1)
def _spellings(values: frozenset[str]) -> tuple[str, ...]:
    """How the values may be written, longest first; none holds a newline."""
    found: set[str] = set()
    for value in values:
        found.update((value, quote(value), quote(value, safe=""), quote_plus(value)))
        found.update((json.dumps(value)[1:-1], json.dumps(value, ensure_ascii=False)[1:-1]))
        found.update(_base64_spellings(value.encode("utf-8", "surrogatepass")))
    # A secret of several lines arrives line by line.
    lines = {line for spelling in found for line in spelling.split("\n") if len(line) >= 8}
    return tuple(sorted(lines, key=lambda line: (-len(line), line)))


def _base64_spellings(value: bytes) -> set[str]:
    """The base64 of `value`, also where it stands inside of something longer (three alignments)."""
    found = {base64.b64encode(value).decode(), base64.urlsafe_b64encode(value).decode()}
    for before in range(3):
        first = (8 * before + 5) // 6  # characters that also carry bits of what stands before
        whole = (8 * (before + len(value))) // 6
        for encode in (base64.b64encode, base64.urlsafe_b64encode):
            found.add(encode(b"\0" * before + value).decode()[first:whole])
    return {spelling for spelling in found if len(spelling) >= 10}


class LineSplitter:
    """Turns the bytes of a stream into lines that are safe to show: cleaned, redacted, colours kept.

    Chunks may end anywhere, also inside of a character, a sequence or a secret. A progress bar (``\\r``)
    gives its last state. A line is cut at LINE_LIMIT characters; the memory held is bounded.
    """

    _HELD = 4 * LINE_LIMIT
    """Characters of an unfinished line that are kept: more than a line, as sequences will fall away."""

    def __init__(self) -> None:
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")
        self._held = ""
        self._overflowed = False

    def feed(self, data: bytes) -> list[str]:
        """The lines that `data` completes, without their endings."""
        return self._split(self._decoder.decode(data))

    def finish(self) -> list[str]:
        """The unfinished last line, if there is one."""
        lines = self._split(self._decoder.decode(b"", final=True))
        if self._held:
            lines.append(self._take())
        return lines

    def _split(self, text: str) -> list[str]:
        first, newline, after = text.partition("\n")
        self._hold(first)
        if not newline:
            return []
        lines = [self._take()]
        block, newline, last = after.rpartition("\n")
        if newline:
            if "\r" in block:
                block = "\n".join(_last_state(line).rstrip("\r") for line in block.split("\n"))
            lines += [_cut(line) for line in _safe(block).split("\n")]
        self._hold(last)
        return lines

    def _hold(self, text: str) -> None:
        if self._overflowed and not self._held.endswith("\r"):
            # The rest of a long line is dropped, unless a progress bar starts over.
            text = text[text.index("\r") :] if "\r" in text else ""
        if not text:
            return
        joined = self._held + text
        line = _last_state(joined)
        if len(line) < len(joined.rstrip("\r")):
            self._overflowed = False
        if len(line) > self._HELD:
            self._overflowed = True
            line = line[: self._HELD] + ("\r" if line.endswith("\r") else "")
        self._held = line

    def _take(self) -> str:
        line, overflowed = _safe(self._held.rstrip("\r")), self._overflowed
        self._held, self._overflowed = "", False
        if not overflowed:
            return _cut(line)
        # What was dropped may have held the other half of a secret.
        longest = max((len(spelling) for spelling in _spellings(known_values())), default=0)
        return _cut(line[: max(0, len(line) - max(longest, 1024))], always=True)


def _last_state(line: str) -> str:
    """What a terminal would show after the last carriage return; one at the very end stays."""
    body = line.rstrip("\r")
    return body[body.rfind("\r") + 1 :] + ("\r" if len(body) < len(line) else "")


def _safe(lines: str) -> str:
    coloured = clean(lines, colours=True)
    if "\x1b" not in coloured:
        return redact(coloured)
    plain = _COLOUR.sub("", coloured)
    if redact(plain) == plain:
        return coloured
    return "\n".join(_redact_coloured(line) for line in coloured.split("\n"))


def _redact_coloured(line: str) -> str:
    coloured, plain = redact(line), redact(_COLOUR.sub("", line))
    # Where a colour stands in the middle of a secret, the line is shown without colours.
    return coloured if _COLOUR.sub("", coloured) == plain else plain


def _cut(line: str, *, always: bool = False) -> str:
    if len(line) <= LINE_LIMIT and not always:
        return line
    return _HALF_COLOUR.sub("", line[:LINE_LIMIT]) + CUT_MARK
