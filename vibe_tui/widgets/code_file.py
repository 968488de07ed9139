"""A file that is open in the editor."""

from __future__ import annotations

from vibe_tui.widgets.code_area import CodeArea
from vibe_tui.widgets.code_text import CodeText, as_shown


class CodeFile:
    """What the editor knows of a file: its text, what is on disk, and whether they differ."""

    def __init__(self, path: str, text: str) -> None:
        self.path = path
        self.text = as_shown(path, text)
        self.area = CodeArea(self.text.shown, read_only=bool(self.text.read_only))
        self.theirs: CodeText | None = None
        """What somebody else made of the file on disk while it was being edited here."""
        self.was_modified = False
        """What was last told to others."""
        self._sent: str | None = None

    @property
    def modified(self) -> bool:
        return not self.text.read_only and self.area.text != self.text.shown

    def to_save(self) -> str:
        """The text to write; `saved` says that it was."""
        self._sent = self.area.text
        return self.text.bom + self._sent

    def saved(self) -> None:
        """What was sent last is on disk now; the text may have been edited further since."""
        if self._sent is not None:
            self.text = CodeText(self._sent, self.text.bom)
            self._sent = None

    def changed_on_disk(self, text: str) -> bool:
        """Follow the file on disk. False: it was edited here too; `theirs` waits for a decision."""
        new = as_shown(self.path, text)
        if new == self.text or (new.shown == self._sent and new.bom == self.text.bom):
            return True
        if new.shown == self.area.text and not new.read_only:
            self.text, self.theirs = new, None
            return True
        if self.modified:
            self.theirs = new
            return False
        self._take(new)
        return True

    def keep_mine(self) -> None:
        if self.theirs is not None:
            self.text, self.theirs = CodeText(self.theirs.shown, self.theirs.bom), None

    def take_theirs(self) -> None:
        if self.theirs is not None:
            self._take(self.theirs)

    def _take(self, new: CodeText) -> None:
        self.text, self.theirs = new, None
        self.area.read_only = bool(new.read_only)
        self.area.become(new.shown)
