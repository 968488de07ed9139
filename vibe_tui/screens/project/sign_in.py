"""One sign-in as the backend dialog drives it: its link, what is pasted, the consent given here."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from typing import Literal

from vibe_tui.services.browser import open_browser
from vibe_tui.services.convex.connect import ConnectMethod, SignInPorts
from vibe_tui.services.convex.consent import approve
from vibe_tui.services.convex.key_methods import KeyMethod
from vibe_tui.services.errors import VibeError
from vibe_tui.services.settings import ConvexSettings
from vibe_tui.services.terminal_text import visible


@dataclass
class SignInShown:
    """What the dialog shows of the sign-in."""

    link: str = ""
    opened: bool = False
    seconds_left: int = 0
    question: str = ""
    answer: Literal["", "secret", "yes"] = ""
    note: str = ""
    waiting: str = ""
    """Why nothing happens just now, and for how much longer where that is known. Clean."""


class SignIn:
    """Made for one try to connect; `close` it at the end.

    on_change: called when what is shown changed, at most about once a second.
    on_link_shown: called once with the link when no browser took it.
    """

    def __init__(
        self,
        method: ConnectMethod | KeyMethod,
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
        self._agreed = asyncio.Event()
        self._pasted: asyncio.Queue[str] = asyncio.Queue()
        self._given: asyncio.Queue[str] = asyncio.Queue()
        self._waiting: asyncio.Task[None] | None = None

    def ports(self) -> SignInPorts:
        return SignInPorts(
            redirect_ports=tuple(self._settings.redirect_ports),
            limit=self._settings.sign_in_limit,
            open_link=self._show,
            pasted=self._pastes(),
            on_problem=self._note,
            on_wait=self._wait,
            ask_secret=self._ask_secret,
            agree=self._agree,
        )

    def close(self) -> None:
        if self._waiting is not None:
            self._waiting.cancel()

    def starting(self, line: str) -> None:
        """The emulator or its tools are being made ready, and said this. Untrusted."""
        self.shown.waiting = visible(line)
        self._on_change()

    # --- what the user does --------------------------------------------------------------------------

    def approve_here(self) -> None:
        """Consent in the user's place; the emulator alone allows it."""
        self._approved.set()

    def agree(self) -> None:
        """Answer the question with yes."""
        self._agreed.set()

    def paste(self, text: str) -> None:
        """The address the browser ended at."""
        self._pasted.put_nowait(text)

    def look_at(self, text: str) -> None:
        """A token or key stands in the field: say at once when it cannot be the right one."""
        self._check(text)

    def give(self, text: str) -> None:
        """The token or key."""
        if self._check(text):
            self._given.put_nowait(text)

    # --- what the sign-in wants ----------------------------------------------------------------------

    async def _show(self, link: str) -> None:
        """Show the link and count down beside it, until another way was quicker or it is approved here."""
        self.shown.link, self.shown.waiting = link, ""
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
        assert not isinstance(self.method, KeyMethod), "a key needs no consent"
        await approve(await self.method.platform(), link)

    async def _pastes(self) -> AsyncIterator[str]:
        while True:
            yield await self._pasted.get()

    async def _ask_secret(self, question: str) -> str:
        self._ask(question, "secret")
        try:
            return await self._given.get()
        finally:
            self._ask("", "")

    async def _agree(self, question: str) -> bool:
        """Whoever does not agree cancels."""
        self._ask(question, "yes")
        try:
            return await self._agreed.wait()
        finally:
            self._ask("", "")

    def _ask(self, question: str, answer: Literal["", "secret", "yes"]) -> None:
        self.shown.question, self.shown.answer, self.shown.note = question, answer, ""
        self._on_change()

    def _check(self, text: str) -> bool:
        if self.method.asks is None:
            return False
        try:
            self.method.asks.check(text.strip())
        except VibeError as problem:
            self._note(problem)
            return False
        self._say("")
        return True

    def _note(self, problem: VibeError) -> None:
        self._say(f"{problem.message} {problem.next_step}".strip())

    def _say(self, text: str) -> None:
        self.shown.note = text
        self._on_change()

    def _wait(self, seconds: float, reason: str) -> None:
        """Something is tried again in so many seconds."""
        self.close()
        self._waiting = asyncio.create_task(self._count_down(seconds, reason), name="wait")

    async def _count_down(self, seconds: float, reason: str) -> None:
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0:
            self.shown.waiting = f"{reason} Trying again in {max(1, round(left))} s."
            self._on_change()
            await asyncio.sleep(min(1.0, left))
        self.shown.waiting = ""
        self._on_change()
