"""The widget that shows a Markdown text while it comes."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import ClassVar

from rich.segment import Segment
from textual import events
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.geometry import Region, Size
from textual.selection import Selection
from textual.strip import Strip
from textual.style import Style
from textual.timer import Timer

from vibe_tui.services.terminal_text import clean
from vibe_tui.widgets.chat.entry import Entry
from vibe_tui.widgets.chat.markdown.document import Document
from vibe_tui.widgets.chat.markdown.rows import Row, Rows
from vibe_tui.widgets.chat.messages import CopyRequested

FLUSH = 0.15
"""Seconds for which what comes is collected before it is shown."""
AT_ONCE = 8_000
"""Characters that are shown in one go, so that a key in between is answered soon."""
NEXT = 0.02
"""Seconds between two such goes."""


class MarkdownView(Entry, can_focus=True):
    """Give it the text with `write`, in pieces of any size, and say with `end` that it is whole."""

    FOCUS_ON_CLICK = False  # a click is the beginning of a selection
    DEFAULT_CSS = """
    MarkdownView {
        height: auto;
        margin: 1 0;
        &:focus { background-tint: $foreground 6%; }
        & .md--heading { color: $primary; text-style: bold; }
        & .md--strong { color: $foreground; text-style: bold; }
        & .md--em { color: $foreground; text-style: italic; }
        & .md--struck { color: $foreground; text-style: strike; }
        & .md--code { color: $foreground; background: $panel; }
        & .md--link { color: $foreground; text-style: underline; }
        & .md--muted { color: $text-muted; }
        & .md--block { background: $panel; color: $foreground; }
        & .md--head { background: $panel; color: $text-muted; }
        & .md--selected { color: $foreground; background: $input-selection-background; }
    }
    """
    COMPONENT_CLASSES: ClassVar[set[str]] = {
        *("md--heading", "md--strong", "md--em", "md--struck", "md--code", "md--link", "md--muted"),
        *("md--block", "md--head", "md--selected"),
    }
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("c,y", "copy", "Copy the message", show=False),
        *(Binding(str(n), f"copy_code({n})", f"Copy code block {n}", show=False) for n in range(1, 10)),
    ]

    def __init__(self, text: str = "", *, id: str | None = None) -> None:
        self._styles: dict[str, Style] = {}
        super().__init__(id=id)
        self._document = Document()
        self._rows = Rows(80)
        self._source: list[str] = []
        self._waiting = text
        self._ended = bool(text)
        self._timer: Timer | None = None

    def maker(self) -> Callable[[], Entry]:
        return partial(MarkdownView, self.source)

    # --- what is shown

    @property
    def source(self) -> str:
        """The whole text, as it was written."""
        return "".join(self._source) + self._waiting

    @property
    def codes(self) -> list[str]:
        """The texts of the code blocks that are shown so far."""
        return [code.text for code in self._rows.codes]

    def write(self, text: str) -> None:
        """More of the text; shown a moment later, together with what comes until then."""
        self._waiting += clean(text)
        self._schedule(FLUSH)

    def end(self) -> None:
        """The text is whole."""
        self._ended = True
        self._schedule(NEXT)

    def become(self, text: str) -> None:
        """The whole text, which may differ from what came in pieces."""
        if clean(text) != self.source:
            self._document, self._rows, self._source = Document(), Rows(self._rows.width), []
            self._waiting = clean(text)
            self.refresh()
        self.end()

    def on_mount(self) -> None:
        if self._waiting:
            self._waiting = clean(self._waiting)
            self._flush()

    def _schedule(self, seconds: float) -> None:
        if self._timer is None and self.is_attached:
            self._timer = self.set_timer(seconds, self._flush)

    def _flush(self) -> None:
        self._timer = None
        now, self._waiting = self._waiting[:AT_ONCE], self._waiting[AT_ONCE:]
        self._source.append(now)
        self._document.append(now)
        if self._waiting:
            self._schedule(NEXT)
        elif self._ended:
            self._document.end()
        before, first = len(self._rows.rows), self._rows.settled
        self._fold(self._rows.width)
        after = len(self._rows.rows)
        changed = Region(0, first, self.size.width, max(before, after) - first)
        self.refresh(changed, layout=after != before)  # the other rows are painted already

    def _fold(self, width: int) -> None:
        if width != self._rows.width:
            self._rows = Rows(width)
        self._rows.take(self._document.blocks, self._document.open)

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        if width != self._rows.width:
            self._fold(width)
        return max(1, len(self._rows.rows))

    # --- painting

    def render_line(self, y: int) -> Strip:
        width, base = self.size.width, self.visual_style
        if y >= len(self._rows.rows):
            return Strip.blank(width, base.rich_style)
        row = self._rows.rows[y]
        content, ground = self._content(row)
        selection = self.text_selection
        if selection is not None and (span := selection.get_span(y)) is not None:
            start, end = span
            content = content.stylize(".md--selected", start, None if end < 0 else end)
        segments = [
            Segment(text, (base + style).rich_style)
            for text, style in content.render(base, end="", parse_style=self._style_of)
        ]
        strip = Strip(segments).adjust_cell_length(width, (base + ground).rich_style)
        return strip.apply_offsets(0, y)

    def _content(self, row: Row) -> tuple[Content, Style]:
        """The row as it is painted, and the style of what is right of it."""
        prefix = Content(row.prefix).stylize(".md--muted")
        if row.kind == "text":
            return prefix + row.text, Style.null()
        name = ".md--block" if row.kind == "code" else ".md--head"
        text = f" {row.text}"
        if row.kind == "head":
            copying = f"copy ({row.code + 1}) " if row.code < 9 else "copy "
            room = max(1, self.size.width - len(row.prefix) - len(text) - len(copying))
            text += " " * room + copying
        ground = self._style_of(name)
        body = Content(text).stylize(name)
        if row.kind == "head":
            body = body.stylize(Style.from_meta({"code": row.code}), len(text) - len(copying))
        return prefix + body, ground

    def _style_of(self, style: Style | str) -> Style:
        if isinstance(style, Style):
            return style
        if style not in self._styles:
            self._styles[style] = Style.from_styles(self.get_component_styles(style.removeprefix(".")))
        return self._styles[style]

    def notify_style_update(self) -> None:
        super().notify_style_update()
        self._styles.clear()

    # --- copying

    def get_selection(self, selection: Selection) -> tuple[str, str] | None:
        text = "\n".join(self._content(row)[0].plain.rstrip() for row in self._rows.rows)
        return selection.extract(text), "\n"

    def selection_updated(self, selection: Selection | None) -> None:
        self.refresh()

    def on_click(self, event: events.Click) -> None:
        number = event.style.meta.get("code")
        if isinstance(number, int):
            event.stop()
            self.action_copy_code(number + 1)

    def action_copy(self) -> None:
        self.post_message(CopyRequested(self.source))

    def action_copy_code(self, number: int) -> None:
        """Copy the code block of this number, from 1."""
        if number <= len(self._rows.codes):
            self.post_message(CopyRequested(self._rows.codes[number - 1].text))
