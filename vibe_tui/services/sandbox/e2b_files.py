"""The files of an E2B sandbox, as the mirror uses them."""

from __future__ import annotations

import shlex
from collections.abc import Awaitable, Callable, Collection, Iterator, Mapping
from contextlib import suppress
from typing import TYPE_CHECKING

from vibe_tui.services.sandbox.e2b_errors import RemoteFileMissing, WhyNotRunning, asked
from vibe_tui.services.sandbox.remote_files import OnChanged

if TYPE_CHECKING:
    from e2b import AsyncSandbox, AsyncWatchHandle, FilesystemEvent

APP = "/home/user/app"
"""The project's folder in the sandbox."""
_BATCH_FILES = 100
_BATCH_BYTES = 4 * 1024 * 1024
_SHELL_LIMIT = 60.0


class E2BFiles:
    """A `RemoteFiles`. Raises SandboxFailed; not running, the sandbox is asleep or gone."""

    def __init__(self, remote: AsyncSandbox, why: WhyNotRunning) -> None:
        self._remote = remote
        self._why = why

    async def hashes(self, paths: Collection[str] | None, pruned: Collection[str]) -> dict[str, str]:
        if paths is not None and not paths:
            return {}
        left_out = " -o ".join(
            ["-name .git", "-name node_modules", *(f"-path {shlex.quote(f'./{one}')}" for one in pruned)]
        )
        found: dict[str, str] = {}
        for some in _portions(sorted(paths)) if paths is not None else iter([["."]]):
            tops = " ".join(shlex.quote(one if one == "." else f"./{one}") for one in some)
            said = await self._shell(
                f"find {tops} \\( {left_out} \\) -prune -o -type f -print0 2>/dev/null"
                " | xargs -0 -r sha256sum -z 2>/dev/null; true"
            )
            for entry in said.split("\0"):
                digest, _, path = entry.partition("  ")
                if path:
                    found[path.removeprefix("./")] = digest
        return found

    async def read(self, path: str, largest: int) -> bytes | None:
        with suppress(RemoteFileMissing):
            async with asked(self._why):
                info = await self._remote.files.get_info(f"{APP}/{path}")
                if info.size <= largest:
                    return bytes(await self._remote.files.read(f"{APP}/{path}", format="bytes"))
        return None

    async def write(self, files: Mapping[str, bytes]) -> None:
        from e2b.sandbox.filesystem.filesystem import WriteEntry

        async with asked(self._why):
            for batch in _batches(files):
                await self._remote.files.write_files(
                    [WriteEntry(path=f"{APP}/{path}", data=data) for path, data in batch.items()]
                )

    async def remove(self, paths: Collection[str]) -> None:
        for some in _portions(sorted(paths)):
            files = " ".join(shlex.quote(f"./{path}") for path in some)
            folders = sorted({path.rpartition("/")[0] for path in some} - {""}, reverse=True)
            line = f"rm -f -- {files}; "
            if folders:
                line += "rmdir -p --ignore-fail-on-non-empty -- " + " ".join(map(shlex.quote, folders))
            await self._shell(f"{line} 2>/dev/null; true")

    async def watch(self, folders: Collection[str], on_changed: OnChanged) -> Callable[[], Awaitable[None]]:
        handles: list[AsyncWatchHandle] = []
        over = False

        def ended(_: Exception | None) -> None:
            nonlocal over
            if not over:
                over = True
                on_changed(None)

        def told(below: str) -> Callable[[FilesystemEvent], None]:
            return lambda event: on_changed(frozenset({f"{below}{event.name}"}))

        async def stop() -> None:
            nonlocal over
            over = True
            for handle in handles:
                await handle.stop()  # type: ignore[no-untyped-call]

        try:
            for folder in ("", *folders):
                with suppress(RemoteFileMissing):
                    async with asked(self._why):
                        handle = await self._remote.files.watch_dir(
                            f"{APP}/{folder}".rstrip("/"),
                            told(f"{folder}/" if folder else ""),
                            ended,
                            timeout=0,
                            recursive=bool(folder),
                        )
                        handles.append(handle)
        except BaseException:
            await stop()
            raise
        return stop

    async def _shell(self, line: str) -> str:
        async with asked(self._why):
            ended = await self._remote.commands.run(line, cwd=APP, timeout=_SHELL_LIMIT)
        return ended.stdout


def _portions(paths: list[str]) -> Iterator[list[str]]:
    for first in range(0, len(paths), _BATCH_FILES):
        yield paths[first : first + _BATCH_FILES]


def _batches(files: Mapping[str, bytes]) -> Iterator[dict[str, bytes]]:
    batch: dict[str, bytes] = {}
    size = 0
    for path, data in files.items():
        if batch and (len(batch) == _BATCH_FILES or size + len(data) > _BATCH_BYTES):
            yield batch
            batch, size = {}, 0
        batch[path] = data
        size += len(data)
    if batch:
        yield batch
