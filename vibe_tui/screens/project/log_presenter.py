"""Brings a log store's lines to its log view."""

from __future__ import annotations

import re
from collections.abc import Callable

from vibe_tui.services.log_store import LogStore
from vibe_tui.widgets.log_view import LogView

_PLACE = re.compile(r"(?P<file>[\w@()\[\]./-]+\.(?:[cm]?[jt]sx?|json)):(?P<line>\d+)(?::\d+)?")
_BATCH = 5_000


class LogPresenter:
    def __init__(self, view: LogView) -> None:
        self._view = view
        self._log: LogStore | None = None
        self._cursor = 0

    def attach(self, log: LogStore) -> Callable[[], None]:
        """Follow `log`; returns what ends that."""
        self._log = log
        self._cursor = 0
        self._grew()
        return log.subscribe(self._grew)

    def _grew(self) -> None:
        assert self._log is not None
        while True:
            lines, self._cursor, lost = self._log.read(self._cursor, _BATCH)
            if lost:
                self._view.lost(lost)
            if not lines:
                return
            self._view.extend([line.text for line in lines])


def place_in(text: str) -> tuple[str, int] | None:
    """The file and line a log line names, if it names one."""
    match = _PLACE.search(text)
    return (match["file"].removeprefix("./"), int(match["line"])) if match else None
