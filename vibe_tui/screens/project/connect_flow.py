"""Connecting from the backend dialog: one try at a time, from the press of the button to its end."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from vibe_tui.screens.backend.view import ChoosingView, ConnectingView
from vibe_tui.screens.backend.wishes import Connect, Give, Paste, Pasted, Pick, Search, Wish
from vibe_tui.screens.project.backend_views import connecting_view
from vibe_tui.screens.project.choosing import Choosing
from vibe_tui.screens.project.sign_in import SignIn
from vibe_tui.services.convex import ways
from vibe_tui.services.convex.connect import ConnectMethod, Target, check_name
from vibe_tui.services.convex.key_methods import KeyMethod
from vibe_tui.services.model import Connected, Connecting
from vibe_tui.services.workspace import Workspace


class ConnectFlow:
    """on_change: called when what is shown changed. on_link_shown: told the link that no browser took."""

    def __init__(self, on_change: Callable[[], None], on_link_shown: Callable[[str], None]) -> None:
        self._on_change = on_change
        self._on_link_shown = on_link_shown
        self._workspace: Workspace | None = None
        self._task: asyncio.Task[Connected] | None = None
        self._sign_in: SignIn | None = None
        self._choosing = Choosing(on_change)

    def attach(self, workspace: Workspace) -> None:
        self._workspace = workspace
        self._here = ways.Here(
            workspace.settings.convex,
            lambda: workspace.emulator.ensure(self._starting),
            Path.home(),
            workspace.local_backend,
            workspace.backend.reaches_here,
        )

    def _starting(self, line: str) -> None:
        """What starting the emulator says; the first time it installs the Convex tools."""
        assert self._workspace is not None
        self._workspace.convex_log.append([line])
        if self._sign_in is not None:
            self._sign_in.starting(line)

    async def offers(self) -> tuple[ways.Offer, ...]:
        """The ways to connect as they look on this computer now."""
        return await asyncio.to_thread(ways.offers, self._here)

    @property
    def running(self) -> bool:
        return self._task is not None

    @property
    def link(self) -> str:
        """The sign-in's link that is on show; "" when there is none."""
        return self._sign_in.shown.link if self._sign_in is not None else ""

    def view(self, state: Connecting | None) -> ConnectingView | ChoosingView:
        """What to show while it runs."""
        if self._choosing.view is not None:
            return self._choosing.view
        sign_in = self._sign_in
        return connecting_view(
            state,
            sign_in.shown if sign_in is not None else None,
            can_approve=sign_in is not None and sign_in.method.name == "emulator",
        )

    async def connect(self, wish: Connect) -> str | None:
        """Connect as the user chose. None: connected; otherwise the user gave up, and what to say about it.

        Raises what went wrong. That it ended is not told to `on_change`.
        """
        assert self._workspace is not None
        target = Target(self._workspace.project.name)
        method = ways.method(wish.way, self._here, url=wish.address)
        begun = await self._workspace.backend.begun()
        if not isinstance(method, KeyMethod) and not (begun and begun.made):
            if not wish.pick:
                check_name(wish.name)
            target = Target(wish.name, team=wish.team, pick=wish.pick)
        return await self._run(method, target, new_key=False)

    async def renew_key(self, address: str) -> str | None:
        """Make a new key for the connected deployment; where the key is the user's, ask for another.

        address: where a backend of the user's own answers. Answers and raises as `connect`.
        """
        assert self._workspace is not None
        begun = await self._workspace.backend.begun()
        assert begun is not None, "connected"
        method = ways.method(begun.way, self._here, url=address)
        return await self._run(method, Target(begun.project), new_key=True)

    def wish(self, wish: Wish) -> None:
        """What the user does meanwhile."""
        sign_in = self._sign_in
        if sign_in is None:
            return
        match wish:
            case "cancel":
                self.cancel()
            case "approve":
                sign_in.approve_here()
            case "agree":
                sign_in.agree()
            case Paste(text=text):
                sign_in.paste(text)
            case Pasted(text=text):
                sign_in.look_at(text)
            case Give(text=text):
                sign_in.give(text)
            case Pick() | Search() | "more" | "back" | "alternative":
                self._choosing.wish(wish)

    def cancel(self) -> None:
        """Stop connecting. What was made is found again at the next try; before that, nothing stays."""
        if self._task is not None:
            self._task.cancel()

    async def _run(self, method: ConnectMethod | KeyMethod, target: Target, *, new_key: bool) -> str | None:
        workspace = self._workspace
        assert workspace is not None
        if self._task is not None:
            return ""
        sign_in = SignIn(method, workspace.settings.convex, self._on_change, self._on_link_shown)
        ports = replace(
            sign_in.ports(), choose_team=self._choosing.team, choose_project=self._choosing.project
        )
        task = asyncio.create_task(
            workspace.backend.connect(method, target=target, sign_in=ports, new_key=new_key), name="connect"
        )
        self._sign_in, self._task = sign_in, task
        try:
            await asyncio.wait({task})
            gave_up = await workspace.backend.abandon() if task.cancelled() else None
        finally:
            sign_in.close()
            if not task.done():
                task.cancel()
            self._sign_in = self._task = None
        if gave_up is None:
            task.result()
        return gave_up
