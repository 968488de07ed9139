"""A Markdown text that grows at its end. What is finished is parsed once; only its last block again."""

from __future__ import annotations

import re
from dataclasses import dataclass

from vibe_tui.widgets.chat.markdown.blocks import Block, Code
from vibe_tui.widgets.chat.markdown.parse import Parsed, parse

LONGEST = 8_000
"""Characters after which an unfinished block is taken as finished, so that no text costs too much."""
LONGEST_LINE = 2_000
"""The same for a line of code."""
_CLOSING = re.compile(r" {0,3}(`{3,}|~{3,})[ \t]*\n?\Z")


@dataclass(frozen=True, slots=True)
class _Fence:
    """The open code block that the text ends in."""

    markup: str
    indent: int
    code: Code


class Document:
    """`blocks` are finished, but for the last when it is code that still streams."""

    def __init__(self) -> None:
        self.blocks: list[Block] = []
        self.open: Block = ()
        """What the text after `blocks` is so far; it may become something else."""
        self._tail = ""
        self._fence: _Fence | None = None

    def append(self, text: str) -> None:
        """More of the text; cleaned."""
        self._tail += text
        self._parse(ended=False)

    def end(self) -> None:
        """Nothing more comes."""
        self._parse(ended=True)

    def _parse(self, *, ended: bool) -> None:
        while self._tail:
            if self._fence is not None:
                if self._take_code(self._fence, ended=ended):
                    continue
            elif self._take_blocks(ended=ended):
                continue
            return

    def _take_blocks(self, *, ended: bool) -> bool:
        """Finish what can be finished; whether an open code block was begun."""
        lines = self._tail.splitlines(keepends=True)
        found = parse(self._tail)
        last = found[-1] if found else None
        unclosed = last is not None and last.fence and not _is_closed(last, lines)
        if ended and not unclosed:
            self._finish(found)
            self._tail = ""
        elif last is None:
            self._tail = self._tail.lstrip("\n")
            self.open = ()
        elif unclosed and lines[last.start].endswith("\n"):
            self._finish(found[:-1])
            opening = lines[last.start]
            code = last.block[0]
            assert isinstance(code, Code)
            code.lines.clear()
            self._fence = _Fence(last.fence, len(opening) - len(opening.lstrip(" ")), code)
            self.blocks.append((code,))
            self._tail = "".join(lines[last.start + 1 :])
            return True
        else:
            kept = [] if len(self._tail) > LONGEST or ended else found[-1:]
            self._finish(found[: len(found) - len(kept)])
            self._tail = "".join(lines[last.start :]) if kept else ""
            self.open = last.block if kept else ()
        return False

    def _finish(self, found: list[Parsed]) -> None:
        self.blocks += [one.block for one in found]
        self.open = ()

    def _take_code(self, fence: _Fence, *, ended: bool) -> bool:
        """Move the lines into the code block; whether it was closed."""
        lines = self._tail.splitlines(keepends=True)
        for at, line in enumerate(lines):
            whole = line.endswith("\n")
            if (whole or ended) and _closes(fence.markup, line):
                self._tail, self._fence = "".join(lines[at + 1 :]), None
                fence.code.partial = ""
                return True
            if whole or ended or len(line) > LONGEST_LINE:
                fence.code.lines.append(_without_indent(line, fence.indent))
            else:
                self._tail = line
                may_close = _closes(fence.markup, line.strip() + fence.markup)
                fence.code.partial = "" if may_close else _without_indent(line, fence.indent)
                return False
        self._tail, fence.code.partial = "", ""
        return False


def _closes(markup: str, line: str) -> bool:
    found = _CLOSING.match(line)
    return found is not None and found[1][0] == markup[0] and len(found[1]) >= len(markup)


def _is_closed(fence: Parsed, lines: list[str]) -> bool:
    """Whether a fenced block has its closing line, whole."""
    last = lines[fence.end - 1]
    return fence.end - 1 > fence.start and last.endswith("\n") and _closes(fence.fence, last)


def _without_indent(line: str, indent: int) -> str:
    spaces = len(line) - len(line.lstrip(" "))
    return line[min(indent, spaces) :]
