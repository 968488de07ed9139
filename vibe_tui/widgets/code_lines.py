"""The lines of a text area, measured in a way that stays quick in long files."""

from __future__ import annotations

from rich.cells import cell_len
from textual.document._document import Document
from textual.document._wrapped_document import WrappedDocument
from textual.geometry import Size


class CodeLines(Document):
    """Textual's measures every line with a cache that is smaller than a long file: 10 ms a key."""

    def get_size(self, tab_width: int) -> Size:
        widths = (
            len(line) if line.isascii() and "\t" not in line else cell_len(line.expandtabs(tab_width))
            for line in self.lines
        )
        return Size(max(widths, default=0), len(self.lines))


class UnwrappedLines(WrappedDocument):
    """Textual's counts the rows of the whole file anew for every row it paints: 40 ms a key."""

    @property
    def height(self) -> int:
        return super().height if self._width else len(self._wrap_offsets)
