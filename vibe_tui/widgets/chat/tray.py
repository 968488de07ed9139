"""What waits above the prompt: prompts that are sent later, pictures that go with the next one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from textual import events
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.message import Message

from vibe_tui.services.terminal_text import visible
from vibe_tui.widgets.chat.line import Line
from vibe_tui.widgets.chat.messages import Image, PromptSent

_REMOVE = " ✗ "


class TrayLine(Line):
    """Enter takes it back into the prompt, Delete removes it."""

    ALLOW_SELECT = False
    BINDINGS: ClassVar[list[BindingType]] = [Binding("delete,backspace,x", "remove_it", "Remove", show=False)]

    @dataclass
    class TakenBack(Message):
        line: TrayLine

    @dataclass
    class Removed(Message):
        line: TrayLine

    def __init__(self, item: PromptSent | Image) -> None:
        super().__init__()
        self.item = item

    def on_mount(self) -> None:
        self._show()

    def on_resize(self) -> None:
        self._show()

    def _show(self) -> None:
        if isinstance(self.item, Image):
            label, text = "image", f"{visible(self.item.name)}  {max(1, self.item.size // 1024):,} kB"
        else:
            label, text = "queued", " ".join(visible(self.item.text.replace("\n", " ")).split())
        room = max(8, self.content_size.width - len(label) - len(_REMOVE) - 1)
        shown = Content(text).truncate(room, ellipsis=True, pad=True)
        self.update(Content.assemble((f"{label} ", "$text-muted"), shown, (_REMOVE, "$text-muted")))

    def on_click(self, event: events.Click) -> None:
        event.stop()
        if event.x >= self.content_size.width - len(_REMOVE):
            self.action_remove_it()
        else:
            self.action_choose()

    def action_choose(self) -> None:
        self.post_message(self.TakenBack(self))

    def action_remove_it(self) -> None:
        self.post_message(self.Removed(self))


class Tray(Vertical):
    DEFAULT_CSS = """
    Tray {
        height: auto;
        max-height: 6;
        overflow-y: auto;
        padding: 0 1;
        scrollbar-size-vertical: 1;
        & > TrayLine { height: 1; }
    }
    """

    def put(self, item: PromptSent | Image) -> None:
        self.mount(TrayLine(item))

    @property
    def prompts(self) -> list[PromptSent]:
        return [line.item for line in self._lines() if isinstance(line.item, PromptSent)]

    def take_prompt(self) -> PromptSent | None:
        """The first of the queued prompts; it is no longer there."""
        for line in self._lines():
            if isinstance(line.item, PromptSent):
                self.drop(line)
                return line.item
        return None

    def take_images(self) -> tuple[Image, ...]:
        """All images; they are no longer there."""
        lines = [line for line in self._lines() if isinstance(line.item, Image)]
        for line in lines:
            self.drop(line)
        return tuple(line.item for line in lines if isinstance(line.item, Image))

    def drop(self, line: TrayLine) -> None:
        line.add_class("-gone")
        line.remove()

    def _lines(self) -> list[TrayLine]:
        return [line for line in self.query(TrayLine) if not line.has_class("-gone")]
