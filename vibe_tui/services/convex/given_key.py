"""Connecting with the user's own key: there is nothing to make, so there is nothing to resume.

The key is stored first, then the journal says at once that the project is connected. Killed in between, or
refused, everything is as it was before.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TYPE_CHECKING

from vibe_tui.services.convex.connect import SignInPorts
from vibe_tui.services.convex.journal import Journal, JournalFile, SecretRefs, connection_of
from vibe_tui.services.convex.key_methods import KeyMethod, Opened
from vibe_tui.services.errors import VibeError
from vibe_tui.services.model import Connected, Connecting

if TYPE_CHECKING:
    from vibe_tui.services.credentials import Credentials

STEPS = ("Asking for the key", "Looking at its deployment")


class AlreadyConnected(VibeError):
    """The project is connected, or half connected, to something else."""

    code = "already_connected"


class GivenKey:
    """Connects one project with a key of the user's, or replaces that key."""

    def __init__(
        self,
        app: str,
        file: JournalFile,
        credentials: Credentials,
        refs: SecretRefs,
        on_step: Callable[[Connecting], None],
    ) -> None:
        self._app = app
        self._file = file
        self._credentials = credentials
        self._refs = refs
        self._on_step = on_step

    async def run(self, method: KeyMethod, ports: SignInPorts) -> Connected:
        """Raises AlreadyConnected before anything is asked for, and what `method.open` raises."""
        before = await asyncio.to_thread(self._file.read)
        begun = before is not None and before.stage not in ("planned", "reading")
        if before is not None and begun and (not before.given or before.backend != method.kind):
            raise _elsewhere(before)
        self._on_step(Connecting(1, len(STEPS), STEPS[0]))
        opened = await method.open(ports, lambda: self._on_step(Connecting(2, len(STEPS), STEPS[1])))
        # A backend that we start may come back at another port; it is the same one all the same.
        if before is not None and before.given and not opened.key_name and before.url != opened.url:
            raise _elsewhere(before)
        await asyncio.to_thread(self._store, method, opened)
        connected = connection_of(await asyncio.to_thread(self._file.read))
        assert isinstance(connected, Connected)
        return connected

    def _store(self, method: KeyMethod, opened: Opened) -> None:
        self._credentials.delete(self._refs.sign_in)  # of another way that was begun and has made nothing
        self._credentials.set(self._refs.deploy_key, opened.key)
        self._file.write(
            Journal(
                stage="ready",
                app=self._app,
                backend=method.kind,
                provision_host=opened.provision_host,
                dashboard_host=opened.dashboard_host,
                team_id=opened.team_id,
                team=opened.team,
                project_id=opened.project_id,
                project=opened.project,
                deployment=opened.deployment,
                url=opened.url,
                site_url=opened.site_url,
                key_name=opened.key_name,
                narrow=True,
                given=True,
                way=method.name,
            )
        )


def _elsewhere(journal: Journal) -> AlreadyConnected:
    return AlreadyConnected(
        f"The project already has a connection to {place(journal)}.",
        next_step="Disconnect first (`vibe-tui disconnect`), or connect the same way as before.",
    )


def place(journal: Journal) -> str:
    return "the emulator" if journal.backend == "emulator" else journal.provision_host
