"""All panes of the page: the one that is active, and one at a time on a small terminal."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from textual import events, on
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.message import Message
from textual.widget import Widget

from vibe_tui.widgets.splitter import Pane, Split
from vibe_tui.widgets.tab_row import TabRow

NARROW = 100
"""Columns below which one pane is shown at a time."""

Direction = Literal["wider", "narrower", "taller", "shorter"]


class Panes(Vertical):
    """The page's panes. Below NARROW columns only the active one is on show, with a switch above it."""

    DEFAULT_CSS = """
    Panes {
        height: 1fr;
        & > TabRow { display: none; }
        &.-narrow > TabRow { display: block; }
        &.-narrow Divider { display: none; }
        &.-narrow Split > Split, &.-narrow Pane { display: none; }
        &.-narrow Split > .-active { display: block; }
        &.-narrow Pane.-titled { border-top: none; }
    }
    """

    @dataclass
    class ActiveChanged(Message):
        """Another pane has the focus, or is on show."""

        pane_id: str

    def __init__(self, layout: Split, *, active: str) -> None:
        """active: the id of the pane that is on show first on a small terminal."""
        super().__init__()
        self._layout = layout
        self._panes = {str(pane.id): pane for pane in layout.panes()}
        self._switch = TabRow(
            [(pane_id, pane.title, pane.key) for pane_id, pane in self._panes.items()], id="switch"
        )
        self._activate(active)

    @property
    def active(self) -> str:
        """The id of the pane that has, or had last, the focus."""
        return self._active

    @property
    def shares(self) -> Sequence[float]:
        """The share of every part, each split before its own parts; what a session may want to keep."""
        return [part.share for part in self._layout.all_parts()]

    def show(self, pane_id: str) -> None:
        """Go to a pane: put it on show and give it the focus."""
        self._activate(pane_id)
        self._panes[pane_id].focus_inside()

    def show_next(self) -> None:
        """Go to the pane after the active one."""
        ids = list(self._panes)
        self.show(ids[(ids.index(self._active) + 1) % len(ids)])

    def resize_active(self, direction: Direction) -> None:
        """Move a divider of the active pane one step: 2 columns, or 1 row."""
        rows = direction in ("taller", "shorter")
        grow = direction in ("wider", "taller")
        part: Widget = self._panes[self._active]
        while isinstance(split := part.parent, Split):
            if split.rows == rows and isinstance(part, Pane | Split):
                index = split.parts.index(part)
                last = index == len(split.parts) - 1
                step = 1 if rows else 2
                split.move_divider(index if last else index + 1, step if grow != last else -step)
                return
            part = split

    # --- Reactions ------------------------------------------------------------------------------------

    def compose(self) -> ComposeResult:
        yield self._switch
        yield self._layout

    def on_mount(self) -> None:
        # Before the first layout, so that no frame is painted twice.
        self.set_class(self.app.size.width < NARROW, "-narrow")
        self._panes[self._active].focus_inside()

    def on_resize(self, event: events.Resize) -> None:
        self.set_class(event.size.width < NARROW, "-narrow")

    def on_descendant_focus(self, event: events.DescendantFocus) -> None:
        if event.widget is not self.screen.focused:
            return  # the focus has moved on since
        pane = next((node for node in event.widget.ancestors_with_self if isinstance(node, Pane)), None)
        if pane is not None and pane.id != self._active:
            self._activate(str(pane.id))

    @on(TabRow.Chosen, "#switch")
    def _switched(self, event: TabRow.Chosen) -> None:
        event.stop()
        self.show(event.tab_id)

    def _activate(self, pane_id: str) -> None:
        self._active = pane_id
        self._switch.show(pane_id)
        for part in self._layout.all_parts():
            panes = part.panes() if isinstance(part, Split) else (part,)
            part.set_class(any(pane.id == pane_id for pane in panes), "-active")
        if self.is_mounted:
            self.post_message(self.ActiveChanged(pane_id))
