"""The document in the panel, and the way back along the ids that were followed."""

from __future__ import annotations

from vibe_tui.screens.dashboard.data_panel import DataPanel
from vibe_tui.screens.dashboard.data_rows import lines_of
from vibe_tui.screens.dashboard.tab import Host
from vibe_tui.services.convex.deployment_data import Document
from vibe_tui.services.errors import VibeError
from vibe_tui.services.terminal_text import visible

_LONGEST_ID = 128


class NoId(VibeError):
    """The text cannot be the id of a document."""

    code = "no_id"


class DocumentTrail:
    def __init__(self, host: Host, panel: DataPanel) -> None:
        self._host = host
        self._panel = panel
        self._steps: list[tuple[str, Document]] = []

    @property
    def shown(self) -> tuple[str, Document] | None:
        """The table and the document that is in the panel."""
        return self._steps[-1] if self._steps else None

    def start(self, table: str, document: Document) -> None:
        """Show this one; nothing was followed yet."""
        self._steps = [(table, document)]
        self._show()

    def replace(self, document: Document) -> None:
        """The one on show is like this now."""
        if self._steps:
            self._steps[-1] = self._steps[-1][0], document
            self._show()

    async def follow(self, text: str) -> None:
        """Show the document with this id. Raises NoId, DocumentUnknown and HttpError."""
        if len(text) > _LONGEST_ID or not text.isascii() or any(char.isspace() for char in text):
            raise NoId("This text is not the id of a document.")
        if self._steps and self._steps[-1][1].id == text:
            self._host.notice("This is its own id")
            return
        found = await self._host.api.data.find(text)
        self._steps.append((found.table, found.document))
        self._show()

    def back(self) -> None:
        if len(self._steps) > 1:
            self._steps.pop()
            self._show()
        elif self._panel.display:
            self._panel.close()

    def _show(self) -> None:
        table, document = self._steps[-1]
        title = f"{visible(table)} · {visible(document.id)}"
        self._panel.show(title, lines_of(document.readable()), steps=len(self._steps) - 1)
