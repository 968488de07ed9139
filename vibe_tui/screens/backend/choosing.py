"""The dialog's body between signing in and making anything: one of a list is chosen."""

from __future__ import annotations

from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.widget import Widget
from textual.widgets import Button, Input, OptionList, Static
from textual.widgets.option_list import Option

from vibe_tui.screens.backend import rows
from vibe_tui.screens.backend.view import Choice, ChoosingView
from vibe_tui.services.terminal_text import clean, visible

_TITLE = 34
"""Columns for a choice's title where it has a detail."""


class Choosing(Vertical):
    def __init__(self, view: ChoosingView) -> None:
        super().__init__()
        self._view = view
        self._listed: tuple[Choice, ...] = ()

    def compose(self) -> ComposeResult:
        yield Static(rows.status("busy", "Signed in; nothing was made yet"))
        yield Static(id="question", markup=False)
        search = Input(placeholder="Search by name", id="search")
        search.cursor_blink = False
        yield search
        yield OptionList(id="choices", markup=False, compact=True)
        yield Static(id="more", markup=False, classes="muted")
        yield Static(id="note", markup=False, classes="bad")
        with Horizontal(classes="buttons -last"):
            yield Button(id="alternative")
            yield Button("Back", id="back")
            yield Button("Cancel", id="cancel")

    def on_mount(self) -> None:
        self.show(self._view)

    def show(self, view: ChoosingView) -> None:
        self._view = view
        self.query_one("#question", Static).update(Content(clean(view.question)))
        self.query_one("#search").display = view.searchable
        self._list(view.choices)
        more = self.query_one("#more", Static)
        more.update(_of_the_list(view))
        more.display = bool(more.content)
        alternative = self.query_one("#alternative", Button)
        alternative.display = bool(view.alternative)
        alternative.label = view.alternative
        self.query_one("#back").display = view.can_go_back
        note = self.query_one("#note", Static)
        note.display = bool(view.note)
        note.update(Content(clean(view.note)))

    def first(self) -> Widget:
        """What is most likely wanted next."""
        return self.query_one("#choices")

    def is_at_end(self) -> bool:
        """Whether the last choice is highlighted and more can be loaded."""
        at = self.query_one(OptionList).highlighted
        return self._view.more and not self._view.loading and at == len(self._listed) - 1

    def _list(self, choices: tuple[Choice, ...]) -> None:
        """More of the same list keeps the highlight; another list begins at its top."""
        if choices == self._listed:
            return
        shown, choices_list = len(self._listed), self.query_one(OptionList)
        if not shown or choices[:shown] != self._listed:
            choices_list.clear_options()
            shown = 0
        choices_list.add_options([Option(_prompt(it), id=it.id) for it in choices[shown:]])
        self._listed = choices
        if not shown and choices:
            choices_list.highlighted = 0


def _prompt(choice: Choice) -> Content:
    title = Content(visible(choice.title))
    if not choice.detail:
        return title
    return title.truncate(_TITLE, ellipsis=True, pad=True) + Content(f" {visible(choice.detail)}").stylize(
        "$text-muted"
    )


def _of_the_list(view: ChoosingView) -> str:
    if view.loading:
        return "Loading…"
    if not view.choices:
        return "" if view.note else "There is none of this name." if view.searchable else "There is none."
    return "There are more: go to the end of the list." if view.more else ""
