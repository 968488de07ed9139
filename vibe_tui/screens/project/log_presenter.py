"""Brings the lines of log stores to their views."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Mapping

from vibe_tui.services.log_store import LogLine, LogStore
from vibe_tui.services.workspace import Workspace
from vibe_tui.widgets.log_view import LogView

_PLACE = re.compile(r"(?P<file>[\w@()\[\]./-]+\.(?:[cm]?[jt]sx?|json)):(?P<line>\d+)(?::\d+)?")
_BATCH = 5_000


class LogPresenter:
    """Every view that was opened follows the log of its id, of the workspace that is attached."""

    def __init__(self, views: Mapping[str, LogView]) -> None:
        """views: those that are on show already, by the log's id."""
        self._views = dict(views)
        self._logs: dict[str, LogStore] = {}
        self._ends: list[Callable[[], None]] = []

    def attach(self, workspace: Workspace) -> Callable[[], None]:
        """Follow the logs of `workspace`; returns what ends that."""
        self._logs = {
            "convex": workspace.convex_log,
            "sandbox": workspace.sandbox_log,
            "activity": workspace.activity_log,
        }
        for log_id, view in self._views.items():
            self._follow(log_id, view)
        return self._detach

    def open(self, log_id: str, view: LogView) -> None:
        """A view was made for this log."""
        self._views[log_id] = view
        if self._logs:
            self._follow(log_id, view)

    def _detach(self) -> None:
        self._logs = {}
        for end in self._ends:
            end()
        self._ends = []

    def _follow(self, log_id: str, view: LogView) -> None:
        reader = _Reader(self._logs[log_id], view, _timed if log_id == "activity" else _plain)
        reader.catch_up()
        self._ends.append(self._logs[log_id].subscribe(reader.catch_up))


class _Reader:
    def __init__(self, log: LogStore, view: LogView, shown: Callable[[LogLine], str]) -> None:
        self._log = log
        self._view = view
        self._shown = shown
        self._cursor = 0

    def catch_up(self) -> None:
        while True:
            lines, self._cursor, lost = self._log.read(self._cursor, _BATCH)
            if lost:
                self._view.lost(lost)
            if not lines:
                return
            self._view.extend([self._shown(line) for line in lines])


def _plain(line: LogLine) -> str:
    return line.text


def _timed(line: LogLine) -> str:
    return f"{time.strftime('%H:%M:%S', time.localtime(line.time))}  {line.text}"


def place_in(text: str) -> tuple[str, int] | None:
    """The file and line a log line names, if it names one."""
    match = _PLACE.search(text)
    return (match["file"].removeprefix("./"), int(match["line"])) if match else None
