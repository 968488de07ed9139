"""The Environment tab: the deployment's variables, and setting up Convex Auth."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Mapping
from typing import Any

from vibe_tui.action_host import Handler
from vibe_tui.actions import Context
from vibe_tui.screens.confirm import ConfirmDialog, Option
from vibe_tui.screens.dashboard.environment_auth import auth_words, set_up_auth
from vibe_tui.screens.dashboard.environment_dialogs import VariableDialog
from vibe_tui.screens.dashboard.environment_files import export_variables, import_variables
from vibe_tui.screens.dashboard.environment_pane import EnvironmentPane
from vibe_tui.screens.dashboard.stoppable import Stoppable
from vibe_tui.screens.dashboard.tab import Host
from vibe_tui.services.convex.convex_auth import auth_state
from vibe_tui.services.errors import VibeError
from vibe_tui.services.http_errors import ApiError
from vibe_tui.services.secret import Secret
from vibe_tui.services.terminal_text import visible

_EMPTY = "No variables yet. a adds one, i imports a .env file, u sets up Convex Auth."
_NOT_VALID = 400
Flow = Callable[[], Coroutine[Any, Any, None]]


class EnvironmentTab:
    title = "Environment"
    context: Context = "environment"

    def __init__(self, host: Host) -> None:
        self._host = host
        self._values: dict[str, Secret] | None = None
        self._loading = Stoppable(host)
        self._asking = False
        self.pane = EnvironmentPane(self)
        self.handlers: Mapping[str, Handler] = {
            "environment_find": self.pane.list.find,
            "environment_reveal": self.reveal,
            "environment_add": self.add,
            "environment_edit": self.edit,
            "environment_unset": self.unset,
            "environment_auth": self.set_up_auth,
            "environment_import": self.import_variables,
            "environment_export": self.export,
            "environment_copy": self.copy,
            "environment_refresh": self._load,
        }

    def shown(self) -> None:
        self._load()

    def hidden(self) -> None:
        self._loading.stop()
        self.pane.hide_value()

    def dashboard_path(self) -> str:
        return "settings/environment-variables"

    # --- which there are -----------------------------------------------------------------------------

    def _load(self) -> None:
        if self._values is None:
            self.pane.show((), "Asking for the variables")
        self._loading.start(self._ask(), lambda: None)

    async def _ask(self) -> None:
        try:
            variables = await self._host.api.variables.all()
        except VibeError:
            if self._values is None:
                self.pane.show((), "The deployment did not tell its variables.")
            raise
        self._values = {variable.name: variable.value for variable in variables}
        self.pane.hide_value()
        self.pane.show(list(self._values), _EMPTY)
        self.pane.show_auth(*auth_words(await asyncio.to_thread(auth_state, variables)))

    def _chosen(self) -> tuple[str, Secret] | None:
        name = self.pane.list.chosen
        if self._values is None or name not in self._values:
            self._host.notice("No variable is chosen.")
            return None
        return name, self._values[name]

    # --- one variable --------------------------------------------------------------------------------

    def reveal(self) -> None:
        if self.pane.revealed:
            self.pane.hide_value()
        elif chosen := self._chosen():
            name, value = chosen
            self.pane.show_value(name, value.reveal())

    def add(self) -> None:
        self._start(lambda: self._set(""))

    def edit(self) -> None:
        if chosen := self._chosen():
            self._start(lambda: self._set(chosen[0]))

    async def _set(self, name: str) -> None:
        """name: of the variable to change; "": a new one."""
        problem = ""
        while True:
            given = await self._host.ask(VariableDialog(name=name, there=self._values or (), problem=problem))
            if given is None:
                return
            try:
                await self._host.api.variables.set({given.name: given.value})
            except ApiError as refused:
                if refused.status != _NOT_VALID:
                    raise
                problem = refused.message
            else:
                break
        await self._ask()
        self.pane.list.go_to(given.name)
        self._host.notice(f"{visible(given.name)} is set", "good")

    def unset(self) -> None:
        if chosen := self._chosen():
            self._start(lambda: self._unset(chosen[0]))

    async def _unset(self, name: str) -> None:
        body = "Functions that read it will find it undefined. Its value cannot be brought back."
        options = [Option("keep", "Keep it", "safe"), Option("remove", "Remove it", "danger")]
        if await self._host.ask(ConfirmDialog(f"Remove {visible(name)}", body, options)) == "remove":
            await self._host.api.variables.unset([name])
            await self._ask()
            self._host.notice(f"{visible(name)} is removed")

    def copy(self) -> None:
        if chosen := self._chosen():
            self._start(lambda: self._copy(*chosen))

    async def _copy(self, name: str, value: Secret) -> None:
        body = "The clipboard can be read by other programs, and may be kept in a history."
        options = [Option("leave", "Leave it", "safe"), Option("copy", "Copy the value", "danger")]
        if await self._host.ask(ConfirmDialog(f"Copy {visible(name)}", body, options)) == "copy":
            await self._host.copy(value.reveal())

    # --- all of them ---------------------------------------------------------------------------------

    def import_variables(self) -> None:
        self._start(lambda: self._then_load(import_variables(self._host)))

    def export(self) -> None:
        self._start(lambda: export_variables(self._host))

    def set_up_auth(self) -> None:
        self._start(lambda: self._then_load(set_up_auth(self._host)))

    async def _then_load(self, work: Coroutine[Any, Any, bool]) -> None:
        if await work:
            await self._ask()

    def _start(self, flow: Flow) -> None:
        """One question at a time, however fast the keys come."""
        if not self._asking:
            self._asking = True
            self.pane.hide_value()
            self._host.do(self._alone(flow))

    async def _alone(self, flow: Flow) -> None:
        try:
            await flow()
        finally:
            self._asking = False
