"""One sign-in as the backend dialog drives it: its link, what is pasted, the consent given here."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass

from vibe_tui.services.browser import open_browser
from vibe_tui.services.convex.connect import ConnectMethod, SignInPorts
from vibe_tui.services.convex.consent import approve
from vibe_tui.services.errors import VibeError
from vibe_tui.services.settings import ConvexSettings


@dataclass
class SignInShown:
    """What the dialog shows of the sign-in."""

    link: str = ""
    opened: bool = False
    seconds_left: int = 0
    note: str = ""


class SignIn:
    """Made for one try to connect.

    on_change: called when what is shown changed, at most about once a second.
    on_link_shown: called once with the link when no browser took it.
    """

    def __init__(
        self,
        method: ConnectMethod,
        settings: ConvexSettings,
        on_change: Callable[[], None],
        on_link_shown: Callable[[str], None],
        open_link: Callable[[str], Awaitable[bool]] = open_browser,
    ) -> None:
        self.shown = SignInShown()
        self.method = method
        self._settings = settings
        self._on_change = on_change
        self._on_link_shown = on_link_shown
        self._open_link = open_link
        self._approved = asyncio.Event()
        self._pasted: asyncio.Queue[str] = asyncio.Queue()

    def ports(self) -> SignInPorts:
        return SignInPorts(
            redirect_ports=tuple(self._settings.redirect_ports),
            limit=self._settings.sign_in_limit,
            open_link=self._show,
            pasted=self._pastes(),
            on_problem=self._note,
            on_wait=lambda seconds, reason: self._say(f"{reason} Trying again in {seconds:.0f} s."),
        )

    def approve_here(self) -> None:
        """Consent in the user's place; the emulator alone allows it."""
        self._approved.set()

    def paste(self, text: str) -> None:
        """The address the browser ended at."""
        self._pasted.put_nowait(text)

    async def _show(self, link: str) -> None:
        """Show the link and count down beside it, until another way was quicker or it is approved here."""
        self.shown.link = link
        self.shown.seconds_left = int(self._settings.sign_in_limit)
        self._on_change()
        self.shown.opened = await self._open_link(link)
        if not self.shown.opened:
            self._on_link_shown(link)
        loop = asyncio.get_running_loop()
        end = loop.time() + self._settings.sign_in_limit
        while not self._approved.is_set():
            self.shown.seconds_left = max(0, round(end - loop.time()))
            self._on_change()
            try:
                await asyncio.wait_for(self._approved.wait(), 1.0)
            except TimeoutError:
                continue
        await approve(await self.method.platform(), link)

    async def _pastes(self) -> AsyncIterator[str]:
        while True:
            yield await self._pasted.get()

    def _note(self, problem: VibeError) -> None:
        self._say(f"{problem.message} {problem.next_step}".strip())

    def _say(self, text: str) -> None:
        self.shown.note = text
        self._on_change()
