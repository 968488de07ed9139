"""The smallest useful Textual app: what the page's speed is measured against.

Run: .venv/bin/python benchmarks/support/minimal_app.py [input]
"""

from __future__ import annotations

import sys

from textual.app import App, ComposeResult
from textual.widgets import Footer, Header, Input, Static


class MinimalApp(App[None]):
    """A header, a text, a footer; with "input" also a field to type in."""

    TITLE = "minimal app"

    def __init__(self, *, with_input: bool) -> None:
        super().__init__()
        self._with_input = with_input

    def compose(self) -> ComposeResult:
        yield Header()
        yield Static("Nothing but a text")
        if self._with_input:
            field = Input()
            field.cursor_blink = False  # as on the page: at rest nothing is written
            yield field
        yield Footer()


if __name__ == "__main__":
    MinimalApp(with_input=sys.argv[1:] == ["input"]).run()
