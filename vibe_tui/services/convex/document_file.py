"""A file of JSON lines that is written as documents come, and is there only when it is whole."""

from __future__ import annotations

import asyncio
import contextlib
import os
import secrets
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import IO, Self

from vibe_tui.services.errors import VibeError
from vibe_tui.services.terminal_text import visible


class ExportFailed(VibeError):
    """The file could not be written; what was there is untouched."""

    code = "export_failed"


class DocumentFile:
    """A context manager; `write` blocks. Raises ExportFailed."""

    def __init__(self, target: Path, *, replace: bool) -> None:
        self._target = target
        self._replace = replace
        self._temporary = target.with_name(f".{target.name}.{secrets.token_hex(6)}.tmp")
        self._file: IO[str] | None = None

    async def __aenter__(self) -> Self:
        await asyncio.to_thread(self._open)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        # Also when we are cancelled: a few lines in memory and one rename, or one removal.
        await asyncio.shield(asyncio.to_thread(self._close, whole=error is None))

    def write(self, lines: Sequence[str]) -> None:
        assert self._file is not None, "entered"
        try:
            self._file.writelines(f"{line}\n" for line in lines)
        except OSError as error:
            raise self._failure(error) from error

    def _open(self) -> None:
        if not self._replace and self._target.exists():
            raise ExportFailed(
                f"{visible(str(self._target))} exists already.",
                next_step="Choose another name, or pass --replace.",
            )
        try:
            descriptor = os.open(self._temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        except OSError as error:
            raise self._failure(error) from error
        self._file = os.fdopen(descriptor, "w", encoding="utf-8", errors="surrogatepass")

    def _close(self, *, whole: bool) -> None:
        assert self._file is not None, "entered"
        try:
            with self._file as file:
                if whole:
                    file.flush()
                    os.fsync(file.fileno())
            if whole:
                self._temporary.replace(self._target)
        except OSError as error:
            if whole:
                raise self._failure(error) from error
        finally:
            with contextlib.suppress(FileNotFoundError):  # it has become the target
                self._temporary.unlink()

    def _failure(self, error: OSError) -> ExportFailed:
        reason = (error.strerror or "unknown reason").lower()
        return ExportFailed(
            f"{visible(str(self._target))} cannot be written: {reason}.",
            next_step="Choose a place that exists, has room, and that you may write to.",
        )
