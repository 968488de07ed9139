"""The editor: a row of tabs, and the text of the file that is looked at."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self

from textual import on
from textual.app import ComposeResult
from textual.containers import Container, Vertical
from textual.message import Message
from textual.widget import Widget
from textual.widgets import Static

from vibe_tui.services.terminal_text import clean
from vibe_tui.widgets import syntax
from vibe_tui.widgets.code_area import CodeArea
from vibe_tui.widgets.code_file import CodeFile
from vibe_tui.widgets.code_notice import Choice, CodeNotice
from vibe_tui.widgets.code_tabs import CodeTabs, Tab
from vibe_tui.widgets.text_area import TextArea

EMPTY = "No file is open.\n\nChoose one in the file tree, or ask for something in the chat."


@dataclass
class _FileMessage(Message):
    editor: CodeEditor
    path: str

    @property
    def control(self) -> CodeEditor:
        return self.editor


class CodeEditor(Vertical):
    """Files by their paths, one tab each, then the `pages`: other widgets with a tab of their own.

    Nothing is read or written here: texts come through the methods and leave in messages.
    """

    DEFAULT_CSS = """
    CodeEditor {
        background: $surface;
        & > #texts > * { display: none; }
        & > #texts > .-shown { display: block; }
        & > #texts > #none { padding: 1 2; color: $text-muted; }
    }
    """

    @dataclass
    class SaveRequested(_FileMessage):
        """Call `saved` once it is written."""

        text: str

    @dataclass
    class CloseRequested(_FileMessage):
        """The file was edited: ask, then call `close` with discard=True, or save it first."""

    @dataclass
    class TabClosed(_FileMessage):
        pass

    @dataclass
    class ModifiedChanged(_FileMessage):
        modified: bool

    @dataclass
    class ConflictAnswered(_FileMessage):
        """Changed here and on disk. "mine": the next save replaces what is on disk; "theirs": taken."""

        choice: Choice

    def __init__(
        self, pages: Mapping[str, Widget] | None = None, *, id: str | None = None, classes: str | None = None
    ) -> None:
        super().__init__(id=id, classes=classes)
        self._pages = dict(pages or {})
        self._files: dict[str, CodeFile] = {}
        self._active = ""
        self._tabs, self._notice = CodeTabs(), CodeNotice()
        self._none = Static(EMPTY, id="none", markup=False, classes="-shown")
        self._problems: dict[str, dict[int, str]] = {}

    def compose(self) -> ComposeResult:
        yield self._tabs
        yield self._notice
        with Container(id="texts"):
            yield self._none
            yield from self._pages.values()

    def on_mount(self) -> None:
        self._refresh()

    def focus(self, scroll_visible: bool = True) -> Self:
        widget = self._widget(self._active)
        (widget if widget.can_focus else self._tabs).focus(scroll_visible)
        return self

    # --- files

    @property
    def paths(self) -> tuple[str, ...]:
        """The open files, in the order of their tabs."""
        return tuple(self._files)

    @property
    def active(self) -> str:
        """The path of the file, or the name of the page, that is shown; "": none."""
        return self._active

    def modified(self) -> tuple[str, ...]:
        """The files with edits that were not saved."""
        return tuple(path for path, file in self._files.items() if file.modified)

    def open(self, path: str, text: str, line: int | None = None) -> None:
        """Show a file; if it is open already, as `reload` would. line: go there, counted from 1."""
        if path in self._files:
            self.reload(path, text)
        else:
            file = self._files[path] = CodeFile(path, text)
            file.area.mark(self._problems.get(path, {}))
            file.area.add_class("-shown")  # at once: what is not displayed cannot take the focus
            self.query_one("#texts").mount(file.area)
            self._colour(file)
        self.show(path)
        if line is not None:
            self.call_after_refresh(self._go_to, self._files[path].area, line)

    def reload(self, path: str, text: str) -> None:
        """The file was changed on disk. Its edits here are kept, and the user is asked."""
        file = self._files.get(path)
        if file is not None:
            file.changed_on_disk(text)
            self._colour(file)
            self._changed(file)

    def saved(self, path: str) -> None:
        """What SaveRequested held was written."""
        if file := self._files.get(path):
            file.saved()
            self._changed(file)

    def close(self, path: str, *, discard: bool = False) -> None:
        """Close a file; where it was edited, only with `discard`: else CloseRequested is sent."""
        file = self._files.get(path)
        if file is None:
            return
        if file.modified and not discard:
            self.post_message(self.CloseRequested(self, path))
            return
        keys = [tab.key for tab in self._all_tabs()]
        del self._files[path]
        file.area.remove()
        self.post_message(self.TabClosed(self, path))
        if self._active == path:
            had_focus = file.area.has_focus
            at = keys.index(path)
            self.show((keys[at + 1 : at + 2] or keys[at - 1 : at] or [""])[0])
            if had_focus:
                self.focus()
        else:
            self._refresh()

    def show(self, key: str) -> None:
        """Bring a file or a page to the front."""
        had_focus = self._widget(self._active).has_focus
        self._active = key
        for widget in [self._none, *self._pages.values(), *(file.area for file in self._files.values())]:
            widget.set_class(widget is self._widget(key), "-shown")
        if had_focus:
            self.focus()
        self._refresh()

    def show_problem(self, path: str, line: int, message: str) -> None:
        """Mark a line, counted from 1, of a file that need not be open; line 0: the file as a whole."""
        self._problems.setdefault(path, {})[line] = clean(message)
        self._mark(path)

    def clear_problems(self) -> None:
        paths, self._problems = list(self._problems), {}
        for path in paths:
            self._mark(path)

    # --- what the user does

    def save(self) -> None:
        """Ask for the shown file to be written. Not while it is undecided whose text is right."""
        file = self._files.get(self._active)
        if file is not None and not file.text.read_only and file.theirs is None:
            self.post_message(self.SaveRequested(self, file.path, file.to_save()))

    def show_next(self, by: int = 1) -> None:
        """Bring the tab so many places further to the front, going round."""
        keys = [tab.key for tab in self._all_tabs()]
        if self._active in keys:
            self.show(keys[(keys.index(self._active) + by) % len(keys)])

    @on(CodeTabs.Asked)
    def _asked(self, event: CodeTabs.Asked) -> None:
        event.stop()
        if event.what == "close":
            self.close(event.key)
        elif event.what == "show":
            self.show(event.key)
        else:
            self.focus()

    @on(CodeNotice.Answered)
    def _answered(self, event: CodeNotice.Answered) -> None:
        event.stop()
        file = self._files[self._active]
        if event.choice == "mine":
            file.keep_mine()
        else:
            file.take_theirs()
            self._colour(file)
        self._changed(file)
        self.focus()
        self.post_message(self.ConflictAnswered(self, file.path, event.choice))

    @on(TextArea.Changed)
    def _edited(self, event: TextArea.Changed) -> None:
        event.stop()
        for file in self._files.values():
            if file.area is event.text_area:
                self._changed(file)

    @on(TextArea.SelectionChanged)
    def _cursor_moved(self, event: TextArea.SelectionChanged) -> None:
        event.stop()
        if self._active in self._problems:
            self._refresh()

    # --- what is shown

    def _widget(self, key: str) -> Widget:
        file = self._files.get(key)
        return file.area if file is not None else self._pages.get(key, self._none)

    def _all_tabs(self) -> list[Tab]:
        files = [Tab(path, file.was_modified) for path, file in self._files.items()]
        return files + [Tab(name, is_page=True) for name in self._pages]

    def _changed(self, file: CodeFile) -> None:
        if file.modified != file.was_modified:
            file.was_modified = file.modified
            self.post_message(self.ModifiedChanged(self, file.path, file.was_modified))
            self._refresh()
        elif file.path == self._active:
            self._refresh()

    def _refresh(self) -> None:
        file = self._files.get(self._active)
        note = ""
        self._notice.clear()
        if file is not None:
            note = "large: no colours" if file.text.is_large else "read-only" if file.text.read_only else ""
            self._say(file)
        self._tabs.show(self._all_tabs(), self._active, note)

    def _say(self, file: CodeFile) -> None:
        problems = file.area.problems
        if file.theirs is not None:
            self._notice.ask("This file was changed on disk, too.")
        elif problems:
            here = file.area.cursor_location[0] + 1
            line = here if here in problems else min(problems)
            self._notice.problem(f"✗ {f'Line {line}: ' if line else ''}{problems[line]}")
        elif file.text.read_only:
            self._notice.note(file.text.read_only)

    def _mark(self, path: str) -> None:
        if file := self._files.get(path):
            file.area.mark(self._problems.get(path, {}))
            self._changed(file)

    def _go_to(self, area: CodeArea, line: int) -> None:
        area.move_cursor((max(0, min(line, area.document.line_count) - 1), 0), center=True)

    def _colour(self, file: CodeFile) -> None:
        language = syntax.language_of(file.path)
        if file.text.is_large or language is None:
            file.area.colour_with(None)
        elif not file.area.is_coloured:
            self.run_worker(self._load(file.area, language))

    async def _load(self, area: CodeArea, language: str) -> None:
        try:
            grammar = await asyncio.to_thread(syntax.load, language)
        except ImportError:  # no grammar for this platform: the text is readable without
            return
        area.colour_with(syntax.Syntax(*grammar))
