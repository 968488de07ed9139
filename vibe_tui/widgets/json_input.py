"""Where JSON is typed, with a row of what fits next."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import ClassVar, Self

from textual import events, on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.message import Message
from textual.style import Style
from textual.widgets import Static

from vibe_tui.services.terminal_text import clean, visible
from vibe_tui.widgets.text_area import TextArea

Complete = Callable[[str, int], tuple[int, int, Sequence[str]]]
"""From a text and the cursor's place in it (in characters): which part the texts may take the place of."""

INDENT = "  "


class _JsonArea(TextArea):
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+n", "next_completion", "Next completion", show=False),
        Binding("tab", "accept", "Complete", show=False),
        Binding("escape", "dismiss", "No completion", show=False),
    ]

    @dataclass
    class Typed(Message):
        """The text was changed by a key or a paste."""

    def __init__(self, row: _Row) -> None:
        super().__init__(tab_behavior="focus", highlight_cursor_line=False)
        self.cursor_blink = False
        self._row = row

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        if action in ("next_completion", "accept", "dismiss"):
            return bool(self._row.texts)
        return super().check_action(action, parameters)

    def action_next_completion(self) -> None:
        self._row.mark_next()

    def action_dismiss(self) -> None:
        self._row.show(0, 0, ())

    def action_accept(self) -> None:
        self.accept(self._row.marked)

    def accept(self, number: int) -> None:
        start, end, text = self._row.start, self._row.end, self._row.texts[number]
        self.move_cursor(self.replace(text, self._location(start), self._location(end)).end_location)
        self.post_message(self.Typed())

    @property
    def cursor_index(self) -> int:
        """How many characters are before the cursor."""
        return len(self.get_text_range((0, 0), self.cursor_location))

    def _location(self, index: int) -> tuple[int, int]:
        before = self.text[:index]
        return before.count("\n"), index - (before.rfind("\n") + 1)

    async def on_key(self, event: events.Key) -> None:
        if event.key == "enter":
            event.stop()
            event.prevent_default()
            self._new_line()
        if event.key == "enter" or event.is_printable or event.key in ("backspace", "delete"):
            self.call_after_refresh(self.post_message, self.Typed())

    def _new_line(self) -> None:
        """Begin a line as far in as the one before, further in after an opening bracket."""
        row, column = self.selection.start
        line = self.document.get_line(row)[:column]
        inside = line.rstrip().endswith(("{", "["))
        indent = line[: len(line) - len(line.lstrip())] + (INDENT if inside else "")
        following = self.document.get_line(self.selection.end[0])[self.selection.end[1] :].lstrip()
        end = self.replace(f"\n{indent}", *self.selection).end_location
        if inside and following.startswith(("}", "]")):
            self.insert(f"\n{indent[: -len(INDENT)]}", end, maintain_selection_offset=False)
        self.move_cursor(end)

    async def on_paste(self, event: events.Paste) -> None:
        event.stop()
        event.prevent_default()
        text = clean(event.text.replace("\r\n", "\n").replace("\r", "\n"))
        self.move_cursor(self.replace(text, *self.selection).end_location)
        self.post_message(self.Typed())


class _Row(Static):
    """What fits; one of it is marked."""

    ALLOW_SELECT = False

    @dataclass
    class Picked(Message):
        number: int

    def __init__(self) -> None:
        super().__init__(markup=False)
        self.start = self.end = self.marked = 0
        self.texts: Sequence[str] = ()

    def show(self, start: int, end: int, texts: Sequence[str]) -> None:
        self.start, self.end, self.texts, self.marked = start, end, texts, 0
        self._paint()

    def mark_next(self) -> None:
        self.marked = (self.marked + 1) % len(self.texts)
        self._paint()

    def _paint(self) -> None:
        """The marked one first, so that it is in view however many there are."""
        shown: list[Content] = []
        for step in range(len(self.texts)):
            number = (self.marked + step) % len(self.texts)
            text = Content(visible(self.texts[number].removesuffix(": ")))
            style = Style.from_meta({"number": number})
            shown.append(text.stylize("$primary bold" if not step else "$foreground").stylize(style))
        keys = Content("Tab " if len(shown) == 1 else "Tab, ^N next ").stylize("$text-muted")
        self.update(keys + Content("  ").join(shown) if shown else Content(""))

    def on_click(self, event: events.Click) -> None:
        number = event.style.meta.get("number")
        if isinstance(number, int):
            self.post_message(self.Picked(number))


class JsonInput(Vertical):
    """A text area for JSON. While something fits, Tab completes and Esc ends that; otherwise Tab goes on.

    complete: asked after each change by the user; None: nothing is completed.
    """

    DEFAULT_CSS = """
    JsonInput {
        height: auto;
        & > _JsonArea {
            height: auto; min-height: 3; max-height: 10; padding: 0 1;
            border: round $border-blurred; background: $surface; border-title-color: $text-muted;
            &:focus { border: round $border; }
        }
        & > _Row { height: 1; padding: 0 2; text-wrap: nowrap; text-overflow: ellipsis; }
    }
    """

    @dataclass
    class Changed(Message):
        """The user changed the text."""

        text: str

    def __init__(self, title: str = "", *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.complete: Complete | None = None
        self._row = _Row()
        self._area = _JsonArea(self._row)
        self._area.border_title = Content(title) if title else None

    def compose(self) -> ComposeResult:
        yield self._area
        yield self._row

    def focus(self, scroll_visible: bool = True) -> Self:
        self._area.focus(scroll_visible)
        return self

    @property
    def text(self) -> str:
        return self._area.text

    def fill(self, text: str) -> None:
        """Show another text; its undo history begins anew."""
        self._area.load_text(clean(text))
        self._row.show(0, 0, ())

    @on(_JsonArea.Typed)
    def _typed(self, event: _JsonArea.Typed) -> None:
        event.stop()
        self._offer()

    @on(TextArea.Changed)
    def _changed(self, event: TextArea.Changed) -> None:
        event.stop()
        self.post_message(self.Changed(self.text))

    @on(TextArea.SelectionChanged)
    def _moved(self, event: TextArea.SelectionChanged) -> None:
        """What was offered was for another place."""
        event.stop()
        if self._row.texts:
            self._offer()

    @on(_Row.Picked)
    def _picked(self, event: _Row.Picked) -> None:
        event.stop()
        self._area.accept(event.number)
        self._area.focus()

    def _offer(self) -> None:
        if self.complete is None or not self._area.selection.is_empty:
            self._row.show(0, 0, ())
            return
        self._row.show(*self.complete(self._area.text, self._area.cursor_index))
