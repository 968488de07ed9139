"""The Functions tab: which functions there are, and running one."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence

from vibe_tui.action_host import Handler
from vibe_tui.actions import Context
from vibe_tui.screens.dashboard.functions_pane import FunctionsPane, Outcome
from vibe_tui.screens.dashboard.functions_text import (
    http_view,
    item_of,
    outcome_of,
    request_of,
    starting_arguments,
    view_of,
)
from vibe_tui.screens.dashboard.stoppable import Stoppable
from vibe_tui.screens.dashboard.tab import Host
from vibe_tui.services.convex.argument_completion import complete
from vibe_tui.services.convex.deployment_functions import FunctionSpec
from vibe_tui.services.convex.function_error import place_in
from vibe_tui.services.convex.values import ValueInvalid, parse
from vibe_tui.services.errors import VibeError

_arguments: dict[str, dict[str, str]] = {}
"""What was last typed for each function, by project; kept while the program runs."""


class FunctionsTab:
    title = "Functions"
    context: Context = "functions"

    def __init__(self, host: Host) -> None:
        self._host = host
        self._specs: dict[str, FunctionSpec] = {}
        self._shown: FunctionSpec | None = None
        self._was_shown = False
        self._site_url = ""
        self._outcome: Outcome | None = None
        self._loading = Stoppable(host)
        self._running = Stoppable(host)
        self._typed = _arguments.setdefault(host.project.id, {})
        self.pane = FunctionsPane(self)
        self.handlers: Mapping[str, Handler] = {
            "functions_find": self.pane.list.find,
            "functions_run": self.run,
            "functions_copy": self.copy,
            "functions_refresh": self._load,
        }

    def shown(self) -> None:
        if not self._was_shown:
            self._was_shown = True
            self.pane.focus()
        self._load()

    def hidden(self) -> None:
        """A run goes on: its logs are in the next tab. It ends with the screen."""
        self._loading.stop()

    def dashboard_path(self) -> str:
        return "functions"

    # --- which functions -----------------------------------------------------------------------------

    def _load(self) -> None:
        if not self._specs:
            self.pane.show_functions((), "Asking which functions there are")
        self._loading.start(self._ask(), lambda: None)

    async def _ask(self) -> None:
        try:
            specs = await self._host.api.functions.all()
            if any(spec.type == "http" for spec in specs):
                self._site_url = await self._host.api.functions.site_url()
        except VibeError:
            if not self._specs:
                self.pane.show_functions((), "The deployment did not tell which functions it has.")
            raise
        self._specs = {spec.name: spec for spec in specs}
        self._shown = None  # what it takes may be different now
        self.pane.show_functions(
            [item_of(spec) for spec in specs],
            "No functions yet: the dev server, or Push now, deploys the folder convex/.",
        )
        self.show(self.pane.list.shown)

    def show(self, name: str) -> None:
        spec = self._specs.get(name)
        if spec is None or spec == self._shown:
            return
        self._shown = spec
        if spec.type == "http":
            self.pane.show_function(http_view(spec, self._site_url), None)
        else:
            arguments = self._typed.get(name) or starting_arguments(spec)
            self.pane.show_function(view_of(spec, arguments), self._complete)

    def _complete(self, text: str, at: int) -> tuple[int, int, Sequence[str]]:
        if self._shown is None:
            return at, at, ()
        found = complete(self._shown.args, text, at)
        return found.start, found.end, found.texts

    def typed(self, arguments: str) -> None:
        self.pane.show_problem("")
        if self._shown is not None and self._shown.type != "http":
            self._typed[self._shown.name] = arguments

    # --- running one ---------------------------------------------------------------------------------

    def run(self) -> None:
        """Run the chosen function, if its arguments are those that it takes."""
        spec = self._shown
        if spec is None:
            return
        if spec.type == "http":
            self._host.notice("HTTP actions are called with a request: Copy command gives one.", "bad")
            return
        if self._running.is_running:
            self._host.notice("A function runs already: Esc stops waiting for it.", "bad")
            return
        try:
            args = parse(self.pane.arguments)
            spec.encode(args)
        except ValueInvalid as problem:
            self.pane.show_problem(f"✗ {problem.message} {problem.next_step}".rstrip())
            return
        self.pane.show_running(spec.name)
        self._running.start(self._call(spec, args), lambda: self._stopped(spec))

    async def _call(self, spec: FunctionSpec, args: object) -> None:
        try:
            run = await self._host.api.functions.run(spec, args)
        except VibeError as problem:
            self._ended(Outcome(f"No result: {spec.name}", False, (problem.message,)))
            raise
        self._ended(await asyncio.to_thread(outcome_of, run))

    def stop(self) -> None:
        self._running.stop()

    def _stopped(self, spec: FunctionSpec) -> None:
        more = () if spec.type == "query" else ("It may go on, or have run already: its logs say so.",)
        self._ended(Outcome(f"Stopped: {spec.name}", False, ("You stopped waiting for it.", *more)))

    def _ended(self, outcome: Outcome) -> None:
        self._outcome = outcome
        self.pane.show_ended(outcome)

    # --- what came of it -----------------------------------------------------------------------------

    def copy(self) -> None:
        if self._shown is not None and self._shown.type == "http":
            self.copy_text(request_of(self._shown, self._site_url))
        elif self._outcome is not None and self._outcome.whole:
            self.copy_text(self._outcome.whole)
        else:
            self._host.notice("There is no result yet.")

    def copy_text(self, text: str) -> None:
        self._host.do(self._host.copy(text))

    def open_place(self, line: str) -> None:
        place = place_in(line)
        if place is None:
            self._host.notice("This line names no file of the project.")
        else:
            self._host.open_file(*place)
