"""The text of one file, with its syntax coloured and its problems marked."""

from __future__ import annotations

from typing import ClassVar

from rich.style import Style
from rich.text import Text
from textual import events
from textual.document._document_navigator import DocumentNavigator
from textual.widgets.text_area import Edit, EditResult

from vibe_tui.widgets.code_lines import CodeLines, UnwrappedLines
from vibe_tui.widgets.syntax import TOKENS, Syntax
from vibe_tui.widgets.text_area import TextArea


class CodeArea(TextArea):
    DEFAULT_CSS = """
    CodeArea {
        border: none;
        padding: 0;
        scrollbar-size-horizontal: 1;
        scrollbar-size-vertical: 1;
        &:focus { border: none; }
        & .code--keyword { color: $primary; }
        & .code--string { color: $success; }
        & .code--number { color: $warning; }
        & .code--constant { color: $warning; }
        & .code--comment { color: $text-muted; text-style: italic; }
        & .code--type { color: $warning; }
        & .code--tag { color: $primary; }
        & .code--function { color: $secondary; }
        & .code--problem { color: $error; text-style: underline; }
    }
    """
    COMPONENT_CLASSES: ClassVar[set[str]] = {f"code--{token}" for token in TOKENS} | {"code--problem"}

    def __init__(self, text: str, *, read_only: bool = False) -> None:
        super().__init__(
            text, soft_wrap=False, show_line_numbers=True, tab_behavior="indent", read_only=read_only
        )
        self.cursor_blink = False
        self.indent_type = "tabs" if "\n\t" in text else "spaces"
        self.indent_width = 4 if self.indent_type == "tabs" else 2
        self._syntax: Syntax | None = None
        self._stale = True
        self._problems: dict[int, str] = {}

    def _set_document(self, text: str, language: str | None) -> None:
        super()._set_document(text, language)
        self.document = CodeLines(text)
        self.wrapped_document = UnwrappedLines(self.document, tab_width=self.indent_width)
        self.navigator = DocumentNavigator(self.wrapped_document)
        self._rewrap_and_refresh_virtual_size()

    # --- colours

    def colour_with(self, syntax: Syntax | None) -> None:
        """Colour the text from now on; None: no longer."""
        self._syntax, self._stale = syntax, True
        self._repaint()

    @property
    def is_coloured(self) -> bool:
        return self._syntax is not None

    @property
    def problems(self) -> dict[int, str]:
        """What is wrong, by line, counted from 1."""
        return self._problems

    def mark(self, problems: dict[int, str]) -> None:
        if problems != self._problems:
            self._problems = problems
            self._repaint()

    def get_line(self, line_index: int) -> Text:
        text = super().get_line(line_index)
        if self._syntax is not None:
            if self._stale:
                self._syntax.update(self.document.lines)
                self._stale = False
            encoded = b"" if text.plain.isascii() else text.plain.encode("utf-8", "replace")
            for start, end, token in self._syntax.row(line_index):
                if encoded:
                    start = len(encoded[:start].decode("utf-8", "ignore"))
                    end = len(encoded[:end].decode("utf-8", "ignore")) if end >= 0 else end
                text.stylize(self._style(f"code--{token}"), start, None if end < 0 else end)
        if line_index + 1 in self._problems:
            text.stylize(self._style("code--problem"))
        return text

    def get_component_rich_style(
        self, *names: str, partial: bool = False, default: Style | None = None
    ) -> Style:
        # The line of the cursor has a ground of its own, but the colours of its text.
        partial = partial or "text-area--cursor-line" in names
        return super().get_component_rich_style(*names, partial=partial, default=default)

    def _style(self, name: str) -> Style:
        """Without its ground, which is that of the line."""
        style = self.get_component_rich_style(name)
        return Style(color=style.color, italic=style.italic, underline=style.underline)

    def _repaint(self) -> None:
        self.notify_style_update()  # forgets the lines painted so far
        self.refresh()

    # --- edits

    def edit(self, edit: Edit) -> EditResult:
        result = super().edit(edit)
        self._stale = True
        return result

    def undo(self) -> None:
        super().undo()
        self._stale = True

    def redo(self) -> None:
        super().redo()
        self._stale = True

    def load_text(self, text: str) -> None:
        super().load_text(text)
        self._stale = True

    def become(self, text: str) -> None:
        """Replace what differs from `text`, keeping the cursor and what can be undone."""
        old, new = self.document.lines, text.replace("\r\n", "\n").split("\n")
        start = 0
        while start < min(len(old), len(new)) and old[start] == new[start]:
            start += 1
        end = 0
        while end < min(len(old), len(new)) - start and old[-1 - end] == new[-1 - end]:
            end += 1
        row, column = self.cursor_location
        scroll = self.scroll_offset
        if self.text != text:
            self._replace_rows(start, len(old) - end, new[start : len(new) - end])
        if self.text != text:  # e.g. other line endings
            self.load_text(text)
            row = min(row, self.document.line_count - 1)
            self.move_cursor((row, min(column, len(self.document.lines[row]))))
            self.scroll_to(scroll.x, scroll.y, animate=False)

    def _replace_rows(self, start: int, end: int, lines: list[str]) -> None:
        old = self.document.lines
        if not lines and end == len(old):
            # The last rows go, and with them the line end in front of them.
            self.replace("", (start - 1, len(old[start - 1])) if start else (0, 0), self.document.end)
        elif start == len(old):
            self.replace("\n" + "\n".join(lines), self.document.end, self.document.end)
        elif end == len(old):
            self.replace("\n".join(lines), (start, 0), self.document.end)
        else:
            self.replace("".join(line + "\n" for line in lines), (start, 0), (end, 0))

    async def on_key(self, event: events.Key) -> None:
        """Enter keeps the indentation."""
        if event.key == "enter" and not self.read_only:
            event.stop()
            event.prevent_default()
            start, end = sorted(self.selection)
            line = self.document.get_line(start[0])[: start[1]]
            self.replace("\n" + line[: len(line) - len(line.lstrip(" \t"))], start, end)
