"""The Data tab's questions."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.widgets import Button, Static

from vibe_tui.screens.confirm import ConfirmDialog, Option
from vibe_tui.screens.dialog import Dialog
from vibe_tui.services.convex.values import parse
from vibe_tui.services.errors import VibeError
from vibe_tui.services.terminal_text import clean, visible
from vibe_tui.widgets.text_area import TextArea

Save = Callable[[dict[str, object]], Awaitable[None]]
"""Stores a document given as readable JSON; raises VibeError when it is not stored."""
_LEAVE = "This was changed and is not saved. Esc again throws the changes away."


class JsonDialog(Dialog[bool]):
    """A document as text, until it is stored (True) or left (None). What is refused stays, and why."""

    BINDINGS: ClassVar = [Binding("ctrl+s", "save", "Save", show=False, priority=True)]

    def __init__(self, title: str, about: str, text: str, save: Save, *, accept: str) -> None:
        """about: a line under the title. accept: the label that says what happens next."""
        super().__init__()
        self._title = title
        self._about = about
        self._before = text
        self._save = save
        self._accept = accept
        self._warned = False
        self._area = TextArea(text, id="json-text", tab_behavior="focus", soft_wrap=True)
        self._area.cursor_blink = False
        self._problem = Static(id="json-problem", markup=False)

    def compose(self) -> ComposeResult:
        with Vertical(id="dialog-box") as box:
            box.border_title = Content(self._title)
            box.border_subtitle = Content("Ctrl+S saves, Esc cancels")
            yield Static(self._about, id="dialog-body", markup=False)
            yield self._area
            yield self._problem
            with Horizontal(id="dialog-buttons"):
                yield Button("Cancel", id="cancel")
                yield Button(Content(self._accept), id="accept", variant="primary")

    def on_mount(self) -> None:
        super().on_mount()
        self._problem.display = False
        self._area.focus()

    def on_button_pressed(self, event: Button.Pressed) -> None:
        event.stop()
        if event.button.id == "accept":
            self.action_save()
        else:
            self.action_leave()

    def on_text_area_changed(self) -> None:
        self._warned = False

    def action_save(self) -> None:
        self.run_worker(self._try_to_save(), exclusive=True, group="save")

    async def _try_to_save(self) -> None:
        self._say("Saving …")
        try:
            value = parse(self._area.text)
            if not isinstance(value, dict):
                raise VibeError("A document is an object.", next_step='Write it like {"author": "Ann"}.')
            await self._save(value)
        except VibeError as problem:
            self._say(f"{problem.message} {problem.next_step}")
            self._area.focus()
        else:
            self.dismiss(True)

    def action_leave(self) -> None:
        if self._area.text != self._before and not self._warned:
            self._warned = True
            self._say(_LEAVE)
        else:
            self.answer(None)

    def _say(self, text: str) -> None:
        self._problem.update(clean(text.strip()))
        self._problem.display = True


def ask_to_delete(table: str, count: int, deployment: str) -> ConfirmDialog:
    """Answers "delete"."""
    what = "1 document" if count == 1 else f"{count:,} documents"
    return ConfirmDialog(
        "Delete documents",
        f"{what} of the table {visible(table)} in {visible(deployment)} will be deleted. "
        "This cannot be undone.",
        [Option("keep", "Keep", "safe"), Option("delete", f"Delete {what}", "danger")],
    )
