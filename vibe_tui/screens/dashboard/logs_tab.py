"""The Logs tab: what the deployment's functions log, live."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Mapping
from dataclasses import replace

from vibe_tui.action_host import Handler
from vibe_tui.actions import Context
from vibe_tui.screens.dashboard.logs_kept import KeptEntries, picked
from vibe_tui.screens.dashboard.logs_pane import CLEARED, NOTHING, NOTHING_FITS, LogsPane
from vibe_tui.screens.dashboard.logs_text import ShownLine
from vibe_tui.screens.dashboard.stoppable import Stoppable
from vibe_tui.screens.dashboard.tab import Host
from vibe_tui.services.convex.deployment_logs import Reconnecting
from vibe_tui.services.convex.log_entries import Level, LogEntry, LogFilter
from vibe_tui.services.errors import VibeError
from vibe_tui.widgets.log_lines import CAPACITY

_LEVELS: dict[Level, str] = {
    "DEBUG": "All levels",
    "LOG": "Logged lines and worse",
    "WARN": "Warnings and worse",
    "ERROR": "Errors only",
}


class LogsTab:
    title = "Logs"
    context: Context = "deployment-logs"

    def __init__(self, host: Host) -> None:
        self._host = host
        self._kept = KeptEntries()
        self._lines: deque[ShownLine] = deque(maxlen=CAPACITY)
        """The newest of the view's lines, in its order."""
        self._line_count = 0
        """Lines that were shown since the view was last cleared."""
        self._filter = LogFilter()
        self._cursor = 0.0
        self._was_shown = False
        self._unseen: int | None = None
        """Executions that came while paused; None: not paused."""
        self._why_empty = NOTHING
        self._following = Stoppable(host)
        self.pane = LogsPane(self)
        self.handlers: Mapping[str, Handler] = {
            "deployment_log_find": self.pane.log_view.search,
            "deployment_log_function": self.pane.type_function,
            "deployment_log_level": self.next_level,
            "deployment_log_request": self._this_request,
            "deployment_log_pause": self._pause,
            "deployment_log_clear": self._clear,
        }

    def shown(self) -> None:
        if not self._was_shown:
            self._was_shown = True
            self._show_choice()
            self.pane.focus()
        self._following.start(self._follow(), lambda: self.pane.show_state("Not followed", "$text-muted"))

    def hidden(self) -> None:
        self._following.stop()

    def dashboard_path(self) -> str:
        return "logs"

    # --- what comes ----------------------------------------------------------------------------------

    async def _follow(self) -> None:
        self.pane.show_state("↻ Asking for the log", "$warning")
        try:
            async for news in self._host.api.logs.follow(self._cursor):
                if isinstance(news, Reconnecting):
                    self.pane.count_down(news.seconds, news.reason)
                    continue
                self._cursor = news.cursor
                self._add(news.entries)
                self._say_state()
        except VibeError:
            self.pane.show_state("✗ Not followed any more", "$error")
            raise

    def _add(self, entries: Iterable[LogEntry]) -> None:
        fitting = picked(self._filter, self._kept.extend(entries))
        if self._unseen is None:
            self._show(fitting)
        else:
            self._unseen += len(fitting)

    def _show(self, executions: list[list[ShownLine]]) -> None:
        lines = [line for execution in executions for line in execution]
        self._lines.extend(lines)
        self._line_count += len(lines)
        self.pane.show_lines([line.text for line in lines])
        if self._line_count:
            self.pane.show_note("")
        else:
            self.pane.show_note(NOTHING_FITS if self._kept else self._why_empty)

    def _say_state(self) -> None:
        if self._unseen is None:
            self.pane.show_state("● Live", "$success")
        else:
            self.pane.show_state(f"Paused, {self._unseen:,} new: f follows", "$warning")

    # --- what of it is shown -------------------------------------------------------------------------

    def _choose(self, chosen: LogFilter) -> None:
        if chosen == self._filter:
            return
        self._filter = chosen
        self._show_choice()
        self._show_anew()

    def _show_choice(self) -> None:
        chosen = self._filter
        self.pane.show_choice(_LEVELS[chosen.level], chosen.request_id, everything=chosen == LogFilter())

    def _show_anew(self) -> None:
        """Everything that is remembered and fits; what came while paused, too."""
        self._empty_view()
        if self._unseen is not None:
            self._unseen = 0
            self._say_state()
        self._show(picked(self._filter, self._kept))

    def _empty_view(self) -> None:
        self._lines.clear()
        self._line_count = 0
        self.pane.log_view.clear()

    def choose_function(self, named: str) -> None:
        self._choose(replace(self._filter, named=named))

    def next_level(self) -> None:
        levels = list(_LEVELS)
        level = levels[(levels.index(self._filter.level) + 1) % len(levels)]
        self._choose(replace(self._filter, level=level))

    def show_everything(self) -> None:
        self._choose(LogFilter())

    def all_requests(self) -> None:
        self._only_request("")

    def _only_request(self, request_id: str) -> None:
        self._choose(replace(self._filter, request_id=request_id))

    def _this_request(self) -> None:
        line = self._line(self.pane.log_view.cursor)
        if line is not None:
            self._toggle_request(line)

    def _toggle_request(self, line: ShownLine) -> None:
        if not line.entry.request_id:
            self._host.notice("The deployment does not say which request this was.")
        else:
            self._only_request("" if self._filter.request_id else line.entry.request_id)

    def _pause(self) -> None:
        if self._unseen is None:
            self._unseen = 0
            self._say_state()
        else:
            self._unseen = None
            self._show_anew()
            self._say_state()

    def _clear(self) -> None:
        self._kept.clear()
        self._why_empty = CLEARED
        self._show_anew()

    # --- lines ---------------------------------------------------------------------------------------

    def open_line(self, number: int) -> None:
        """An execution's head shows only its request, or all again; any other line leads to its place."""
        line = self._line(number)
        if line is None:
            return
        if line.part == "head":
            self._toggle_request(line)
        elif line.place is not None:
            self._host.open_file(*line.place)
        else:
            self._host.notice("This line names no file of the project.")

    def _line(self, number: int) -> ShownLine | None:
        index = number - 1 - (self._line_count - len(self._lines))
        return self._lines[index] if 0 <= index < len(self._lines) else None

    def copy_text(self, text: str) -> None:
        self._host.do(self._host.copy(text))
