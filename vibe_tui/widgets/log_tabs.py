"""The logs of a project, one on show at a time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

from textual import on
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.message import Message

from vibe_tui.widgets.log_view import LogView
from vibe_tui.widgets.tab_row import TabRow


class LogTabs(Vertical):
    """A row of names over the log on show. A log's view is made when it is first shown."""

    DEFAULT_CSS = """
    LogTabs > LogView { height: 1fr; }
    """

    @dataclass
    class Opened(Message):
        """A log is shown for the first time: its lines are wanted."""

        log_id: str
        view: LogView

    def __init__(self, logs: Sequence[tuple[str, str]], *, id: str | None = None) -> None:
        """logs: id and title of each; the first is on show, and counts as opened."""
        super().__init__(id=id)
        self._ids = [log_id for log_id, _ in logs]
        self._row = TabRow([(log_id, title, "") for log_id, title in logs])
        self._active = self._ids[0]
        self._views = {self._active: self._make(self._active)}
        self._mark()

    @property
    def active(self) -> LogView:
        """The log on show."""
        return self._views[self._active]

    def compose(self) -> ComposeResult:
        yield self._row
        yield from self._views.values()

    def focus(self, scroll_visible: bool = True) -> Self:
        self.active.focus(scroll_visible)
        return self

    def show(self, log_id: str) -> None:
        """Put a log on show and go there."""
        self._active = log_id
        if log_id not in self._views:
            view = self._views[log_id] = self._make(log_id)
            self.mount(view)
            self.post_message(self.Opened(log_id, view))
        self._mark()
        self.active.take_focus()

    def show_next(self, direction: int = 1) -> None:
        """Go to the log after the one on show, or before it."""
        self.show(self._ids[(self._ids.index(self._active) + direction) % len(self._ids)])

    @on(TabRow.Chosen)
    def _chosen(self, event: TabRow.Chosen) -> None:
        event.stop()
        self.show(event.tab_id)

    def _make(self, log_id: str) -> LogView:
        return LogView(id=f"log-{log_id}")

    def _mark(self) -> None:
        self._row.show(self._active)
        for log_id, view in self._views.items():
            view.display = log_id == self._active  # at once: what is hidden takes no focus
