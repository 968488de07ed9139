"""The page as a user has it, for the flows."""

from __future__ import annotations

import re
import time

from textual import events
from textual.pilot import Pilot
from textual.widgets import Button


class Page:
    """The page as a user has it: what is on the screen, and the keys."""

    def __init__(self, pilot: Pilot[None]) -> None:
        self._pilot = pilot

    @property
    def text(self) -> str:
        strips = self._pilot.app.screen._compositor.render_strips()
        return "\n".join("".join(segment.text for segment in strip) for strip in strips)

    async def press(self, *keys: str) -> None:
        await self._pilot.press(*keys)

    async def type(self, text: str) -> None:
        await self._pilot.press(*("enter" if char == "\n" else char for char in text))

    async def see(self, pattern: str, limit: float = 10) -> re.Match[str]:
        """Wait until the screen has it."""
        end = time.monotonic() + limit
        while (found := re.search(pattern, self.text)) is None:
            assert time.monotonic() < end, f"{pattern!r} is not on the screen:\n{self.text}"
            await self._pilot.pause(0.15)
        return found

    async def insist(self, key: str, until: str) -> None:
        """Press until the screen has it: what comes too soon after a question is not taken."""
        end = time.monotonic() + 40
        while re.search(until, self.text) is None:
            assert time.monotonic() < end, f"{key} did not lead to {until!r}:\n{self.text}"
            await self.press(key)
            await self._pilot.pause(0.5)

    async def choose(self, label: str, until: str) -> None:
        """Go to the button of this label and press it until the screen has `until`.

        What comes too soon after a question is not taken as its answer.
        """
        await self.see(re.escape(label))
        end = time.monotonic() + 40
        while not self._is_on(label):
            assert time.monotonic() < end, f"the focus never came to {label}:\n{self.text}"
            await self.press("tab")
            await self._pilot.pause()
        while re.search(until, self.text) is None:
            assert time.monotonic() < end, f"{label} did not lead to {until!r}:\n{self.text}"
            if self._is_on(label):
                await self.press("enter")
            await self._pilot.pause(0.1)

    async def put(self, text: str) -> None:
        """Paste into the field with the focus."""
        self._pilot.app.post_message(events.Paste(text))
        await self._pilot.pause()

    def _is_on(self, label: str) -> bool:
        focused = self._pilot.app.focused
        return isinstance(focused, Button) and str(focused.label) == label
