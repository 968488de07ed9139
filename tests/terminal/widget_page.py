"""A program: every kind of widget in a VibeApp, one after the other, each with every payload.

Nothing is cleaned here: what is left to prove is the filter between the app and the terminal. "n" goes on.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

from rich.text import Text
from textual.app import ComposeResult
from textual.containers import Vertical, VerticalScroll
from textual.content import Content
from textual.screen import Screen
from textual.widget import Widget
from textual.widgets import (
    Button,
    Checkbox,
    Collapsible,
    DataTable,
    DirectoryTree,
    Footer,
    Header,
    Input,
    Label,
    Link,
    Log,
    Markdown,
    OptionList,
    Placeholder,
    Pretty,
    RadioButton,
    RichLog,
    Select,
    SelectionList,
    Static,
    Tab,
    Tabs,
    TextArea,
    Tree,
)

from tests.terminal.payloads import MARKUP, PAYLOADS
from vibe_tui.app import VibeApp, run

TEXTS = [*(f"<{payload}>" for payload in PAYLOADS.values()), *MARKUP]
HERE = Path(sys.argv[1]) if len(sys.argv) > 1 else Path()


def bordered(text: str) -> Widget:
    box = Static("in a border", markup=False)
    box.styles.border = ("round", "white")
    box.border_title, box.border_subtitle = Content(text), Content(text)
    return box


def rich_log(text: str, **options: bool) -> Widget:
    log = RichLog(min_width=20, **options)
    log.styles.height = 2
    log.call_after_refresh(log.write, text)
    return log


def log(text: str) -> Widget:
    widget = Log()
    widget.styles.height = len(TEXTS)
    widget.call_after_refresh(widget.write_lines, TEXTS)
    return widget


def markdown(text: str) -> Widget:
    # Without addresses: its parser ends the app over an ESC in one (mdurl's IndexError).
    return Markdown(text.replace("://", ":"), open_links=False)


def tree(text: str) -> Widget:
    widget: Tree[None] = Tree(Text(text))
    widget.root.add_leaf(Text(text))
    widget.root.expand()
    return widget


def table(text: str) -> Widget:
    widget: DataTable[Text] = DataTable()
    widget.add_column(Text(text))
    widget.add_row(Text(text), label=Text(text))
    return widget


def text_area(text: str) -> Widget:
    area = TextArea(text, show_line_numbers=True)
    area.styles.height = 3
    return area


def directory(text: str) -> Widget:
    widget = DirectoryTree(HERE)
    widget.styles.height = 40
    return widget


def tooltip(text: str) -> Widget:
    widget = Static("with a tooltip")
    widget.tooltip = Content(text)
    return widget


KINDS: dict[str, Callable[[str], Widget]] = {
    "Static": lambda text: Static(text, markup=False),
    "Static with Content": lambda text: Static(Content(text)),
    "Static with Text": lambda text: Static(Text(text)),
    "Static with a link": lambda text: Static(Text(text, style=f"link https://pwned.example/{text}")),
    "Label": lambda text: Label(text, markup=False),
    "Button": lambda text: Button(Content(text)),
    "Checkbox": lambda text: Checkbox(Content(text)),
    "RadioButton": lambda text: RadioButton(Content(text)),
    "RichLog": rich_log,
    "RichLog, highlighted": lambda text: rich_log(text, highlight=True),
    "Log": log,
    "Markdown": markdown,
    "Markdown code": lambda text: markdown(f"`{text}`\n\n```\n{text}\n```\n"),
    "Tree": tree,
    "DirectoryTree": directory,
    "TextArea": text_area,
    "Input": Input,
    "Input's placeholder": lambda text: Input(placeholder=text),
    "DataTable": table,
    "OptionList": lambda text: OptionList(Content(text), markup=False),
    "Select": lambda text: Select([(Content(text), 1)], value=1),
    "SelectionList": lambda text: SelectionList((Content(text), 1)),
    "Tabs": lambda text: Tabs(Tab(Content(text))),
    "Collapsible": lambda text: Collapsible(
        Static(text, markup=False), title=text.replace("[", "("), collapsed=False
    ),
    "border title": bordered,
    "Pretty": lambda text: Pretty({"text": text}),
    "Placeholder": lambda text: Placeholder(text.replace("[", "(")),
    "Link": lambda text: Link(text.replace("[", "(")),
    "tooltip": tooltip,
}

SHOW_ALL = {"DirectoryTree", "Log"}
"""One of these shows every text."""


class Page(Screen[None]):
    CSS = "Page Vertical > * { height: auto; } Placeholder { height: 1; }"

    def __init__(self) -> None:
        super().__init__()
        self._left = list(KINDS)

    def compose(self) -> ComposeResult:
        yield Header()
        yield Static("first", id="kind")
        yield VerticalScroll(id="holder")
        yield Footer()

    async def key_n(self) -> None:
        holder = self.query_one("#holder")
        await holder.remove_children()
        if not self._left:
            for text in TEXTS:
                self.app.notify(text, title=text)
            self.query_one("#kind", Static).update("all were shown")
            return
        kind = self._left.pop(0)
        await holder.mount(Vertical(*map(KINDS[kind], TEXTS[:1] if kind in SHOW_ALL else TEXTS)))
        self.query_one("#kind", Static).update(f"{len(self._left)} left: {kind}")


if __name__ == "__main__":
    app = VibeApp(Page, crash_folder=Path(sys.argv[2]))
    app.title = "".join(TEXTS)
    sys.exit(run(app))
