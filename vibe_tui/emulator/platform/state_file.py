"""The state on disk: a change is answered only after it is safely written."""

from __future__ import annotations

import asyncio
import copy
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from vibe_tui.emulator.files import write_atomic
from vibe_tui.emulator.platform.answers import ApiError
from vibe_tui.emulator.platform.state import State


class StateFile:
    """`state` is what is on disk. It is replaced as a whole, so readers never see half a change."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._changing = asyncio.Lock()
        self.state = State.fresh()

    async def load(self) -> None:
        """Raises StateUnreadable and OSError."""
        try:
            data = await asyncio.to_thread(self._path.read_bytes)
        except FileNotFoundError:
            return
        self.state = State.decode(data)

    @asynccontextmanager
    async def change(self) -> AsyncIterator[State]:
        """A draft to change, one change at a time; written and made current when the block ends well.

        Raises ApiError (500) when it cannot be written: then nothing has changed.
        """
        async with self._changing:
            draft = copy.deepcopy(self.state)
            yield draft
            try:
                await asyncio.to_thread(write_atomic, self._path, draft.encode())
            except OSError as error:
                message = f"The emulator cannot save its state: {error.strerror}."
                raise ApiError(500, "InternalServerError", message) from error
            self.state = draft
