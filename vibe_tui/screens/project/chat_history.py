"""What was in the chat before: in earlier sessions, and further up in this one."""

from __future__ import annotations

import asyncio

from vibe_tui.screens.project.chat_story import ChatStory
from vibe_tui.services.chat import Chat
from vibe_tui.services.prompt_history import PromptHistory
from vibe_tui.widgets.chat.panel import ChatPanel

AT_ONCE = 150
"""Events of the record that are shown at once."""


class ChatHistory:
    def __init__(self, panel: ChatPanel, story: ChatStory, prompts: PromptHistory) -> None:
        self._panel = panel
        self._story = story
        self._prompts = prompts
        self._before: int | None = None
        self._shown = asyncio.Event()
        self._loading = asyncio.Lock()

    async def show(self, chat: Chat) -> None:
        """Bring the last session back; once. Raises StoreNotWritable."""
        if self._shown.is_set():
            return
        try:
            self._panel.remember_earlier(await asyncio.to_thread(self._prompts.load))
            await self.show_older(chat)
        finally:
            self._shown.set()

    async def shown(self) -> None:
        """Wait for that."""
        await self._shown.wait()

    async def show_older(self, chat: Chat) -> None:
        """What was before all that is shown. Raises StoreNotWritable."""
        async with self._loading:
            if self._before == 0:
                return
            earlier = await chat.earlier(AT_ONCE, self._before)
            self._before = earlier.before
            events = [told.event for told in earlier.told]
            if events or self._shown.is_set():
                self._story.happened_before(events, more=earlier.before > 0)

    async def keep(self, prompt: str) -> None:
        """Raises StoreNotWritable or StoreFull."""
        await asyncio.to_thread(self._prompts.add, prompt)

    def forget(self) -> None:
        """A new conversation began."""
        self._before = 0
