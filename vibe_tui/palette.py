"""The command palette."""

from __future__ import annotations

from textual.await_complete import AwaitComplete
from textual.command import CommandPalette


class Palette(CommandPalette):
    """Textual's own, but closed once only: keys typed ahead would run the command, and close, again."""

    _answered = False

    def dismiss(self, result: None = None) -> AwaitComplete:
        if self._answered:
            return AwaitComplete()
        self._answered = True
        self.call_next(self._forget)
        return super().dismiss(result)

    def _forget(self) -> None:
        self._selected_command = None
