"""What a Markdown text is made of, before it is known how wide it is shown."""

from __future__ import annotations

from dataclasses import dataclass, field

from textual.content import Content


@dataclass(frozen=True, slots=True)
class Flow:
    """Text that is wrapped. Its styles are names of the view's component classes."""

    text: Content
    first: str = ""
    """In front of its first row: bullets, bars of quotes, indentation."""
    rest: str = ""
    """In front of its other rows."""


@dataclass(slots=True)
class Code:
    """A code block. While it streams, `lines` and `partial` grow."""

    language: str
    prefix: str = ""
    lines: list[str] = field(default_factory=list)
    """Each with its line end; one without goes on in the next."""
    partial: str = ""
    """What there is of the line after them."""

    @property
    def text(self) -> str:
        """Exactly what was written, for the clipboard."""
        return "".join(self.lines) + self.partial


@dataclass(frozen=True, slots=True)
class Table:
    rows: tuple[tuple[Content, ...], ...]
    """The head is the first. All have the same number of cells."""
    prefix: str = ""


@dataclass(frozen=True, slots=True)
class Rule:
    prefix: str = ""


@dataclass(frozen=True, slots=True)
class Gap:
    """An empty row."""

    prefix: str = ""


Piece = Flow | Code | Table | Rule | Gap
Block = tuple[Piece, ...]
"""One of the paragraphs, lists, tables … that follow each other; a gap is shown between two."""
