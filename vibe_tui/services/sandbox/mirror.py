"""Keeps the project's folder and its copy in a sandbox the same, both ways (DESIGN 2).

The folder on this computer is the source of truth: whatever becomes of the sandbox, it has everything
but what was changed inside within the last moment. Decisions are in `reconcile`, rules in `mirror_rules`.
Our own writes are never taken for edits, because what counts is content: both sides have the same then.
"""

from __future__ import annotations

import asyncio
import time
from collections import defaultdict
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, field
from pathlib import PurePosixPath

from vibe_tui.services.errors import VibeError
from vibe_tui.services.in_thread import in_thread
from vibe_tui.services.sandbox.local_tree import LocalTree
from vibe_tui.services.sandbox.manifest import LEFT_ALONE, Manifest, digest
from vibe_tui.services.sandbox.mirror_events import (
    KeptBoth,
    Mirrored,
    MirrorEvent,
    NotMirrored,
    NotRemoved,
    Sending,
)
from vibe_tui.services.sandbox.mirror_rules import LARGEST, is_generated
from vibe_tui.services.sandbox.reconcile import Step, reconcile
from vibe_tui.services.sandbox.remote_files import RemoteFiles
from vibe_tui.services.working_tree import TreeGone

_BATCH_FILES = 200
_BATCH_BYTES = 4 * 1024 * 1024
_ACCIDENT = 10
"""So many files, and half of all, do not go in the sandbox on purpose."""


@dataclass(slots=True)
class _Plan:
    """The files to do something about: this computer's content hash by path, by what to do."""

    steps: defaultdict[Step, dict[str, str]] = field(default_factory=lambda: defaultdict(dict))

    def __getitem__(self, step: Step) -> dict[str, str]:
        return self.steps[step]


class Mirror:
    """One sandbox's mirror. Everything it does is done one after the other.

    tell: told what happened, on the event loop's thread.
    Methods raise TreeGone, what the store of the manifest raises, and what `remote` raises: then some files
    may be done and others not, and the next sync goes on from there.
    """

    def __init__(
        self, local: LocalTree, remote: RemoteFiles, manifest: Manifest, tell: Callable[[MirrorEvent], None]
    ) -> None:
        self._local = local
        self._remote = remote
        self._manifest = manifest
        self._tell = tell
        self._one_at_a_time = asyncio.Lock()
        self._refused: set[str] = set()  # told once, tried at every sync

    async def sync(self, paths: Collection[str] | None = None, *, trusted: bool = True) -> Mirrored:
        """Make both trees the same: all, or these files and what is below these folders.

        trusted: see `reconcile`; False after the sandbox was away.
        """
        async with self._one_at_a_time:
            done = await self._sync(paths, trusted)
        if any(path.rpartition("/")[2] == ".gitignore" for path in done.brought):
            return await self.sync(trusted=trusted)
        return done

    async def save(self) -> None:
        """Remember on disk what both sides have."""
        async with self._one_at_a_time:
            await in_thread(self._manifest.save)

    async def _sync(self, paths: Collection[str] | None, trusted: bool) -> Mirrored:
        here = await asyncio.to_thread(self._local.hashes, paths)
        there = await self._remote.hashes(paths, self._local.rules.pruned())
        plan = self._plan(paths, here, there, trusted)
        if not any(plan[step] for step in ("send", "remove there", "bring", "remove here", "keep both")):
            return Mirrored()
        brought = [path for path, hash in plan["bring"].items() if await self._bring(path, hash)]
        for path in plan["keep both"]:
            plan["send"].update(await self._keep_both(path))
        removed_here = [path for path, hash in plan["remove here"].items() if await self._remove(path, hash)]
        if plan["remove there"]:
            await self._remote.remove(plan["remove there"])
            for path in plan["remove there"]:
                self._manifest.agree(path, "")
        sent = await self._send(list(plan["send"]))
        done = Mirrored(tuple(sent), tuple(brought), tuple(plan["remove there"]), tuple(removed_here))
        if done != Mirrored():
            self._tell(done)
        return done

    # --- deciding ------------------------------------------------------------------------------------

    def _plan(
        self, paths: Collection[str] | None, here: dict[str, str], there: dict[str, str], trusted: bool
    ) -> _Plan:
        known = list(self._known(paths))
        if not here and paths is None and known:
            raise TreeGone(
                "The project's folder is empty; the sandbox keeps its files.",
                next_step="Put the files back (is a drive not there?), then try again.",
            )
        plan = _Plan()
        for path in sorted({*here, *there, *known}):
            if not self._local.rules.mirrors(path):
                continue
            mine, its = here.get(path, ""), there.get(path, "")
            step = reconcile(
                mine,
                its,
                self._manifest.agreed(path),
                was_ours=self._manifest.was(path, its),
                generated=is_generated(path),
                trusted=trusted,
            )
            if step == "agree":
                self._manifest.agree(path, mine)
            plan[step][path] = mine
        gone = plan["remove here"]
        if len(gone) > _ACCIDENT and len(gone) * 2 > len(list(self._manifest.paths())):
            self._tell(NotRemoved(len(gone)))
            plan["send"].update(gone)
            gone.clear()
        return plan

    def _known(self, paths: Collection[str] | None) -> Iterator[str]:
        for path in self._manifest.paths():
            if paths is None or path in paths or any(path.startswith(f"{one}/") for one in paths):
                yield path

    # --- from the sandbox ----------------------------------------------------------------------------

    async def _bring(self, path: str, expected: str) -> bool:
        data = await self._remote.read(path, LARGEST)
        if data is None:
            return False  # gone since it was listed, or too large: what it is now, the next sync sees
        return await self._changed_here(path, expected, data)

    async def _remove(self, path: str, expected: str) -> bool:
        return await self._changed_here(path, expected, None)

    async def _changed_here(self, path: str, expected: str, data: bytes | None) -> bool:
        """Write or remove a file, unless it has been changed since it was compared."""

        def change() -> bool | str:
            """Whether it was done; else why it cannot be."""
            found = self._local.hash(path)
            if found != expected:
                return "a link or something else is in its place" if found == LEFT_ALONE else False
            try:
                if data is not None:
                    self._local.tree.write(path, data)
                else:
                    self._local.tree.delete(path)
                    self._local.tree.delete_empty_folders(path)
            except TreeGone:
                raise
            except VibeError as problem:
                return problem.message
            return True

        changed = await in_thread(change)
        if changed is True:
            self._manifest.agree(path, "" if data is None else digest(data))
        elif changed and path not in self._refused:
            self._refused.add(path)
            self._tell(NotMirrored(path, str(changed)))
        return changed is True

    async def _keep_both(self, path: str) -> dict[str, str]:
        """Put the sandbox's version beside ours; returns what is to be sent."""
        data = await self._remote.read(path, LARGEST)
        if data is None:
            return {}
        copy = await asyncio.to_thread(self._free_name, path)
        if not await self._changed_here(copy, "", data):
            return {}  # ours must not replace the other before that is safe
        self._tell(KeptBoth(path, copy))
        self._manifest.agree(copy, "")  # the sandbox does not have the copy yet
        return {path: "", copy: ""}

    def _free_name(self, path: str) -> str:
        """As `convex/a.sandbox-20261123-190455.ts`: Convex pushes no file with two dots in its name."""
        whole = PurePosixPath(path)
        mark = time.strftime("sandbox-%Y%m%d-%H%M%S")
        for number in range(1, 1000):
            more = "" if number == 1 else f"-{number}"
            name = str(whole.with_name(f"{whole.stem}.{mark}{more}{whole.suffix}"))
            if not self._local.tree.exists(name):
                return name
        raise AssertionError("a thousand conflicts of one file within a second")

    # --- to the sandbox ------------------------------------------------------------------------------

    async def _send(self, paths: list[str]) -> list[str]:
        sent: list[str] = []
        batch: dict[str, bytes] = {}
        size = 0
        for path in paths:
            data = await asyncio.to_thread(self._read, path)
            if data is not None:
                batch[path] = data
                size += len(data)
            if batch and (len(batch) >= _BATCH_FILES or size >= _BATCH_BYTES):
                sent += await self._send_batch(batch)
                batch, size = {}, 0
                self._tell(Sending(len(sent), len(paths)))
        if batch:
            sent += await self._send_batch(batch)
        return sent

    async def _send_batch(self, batch: dict[str, bytes]) -> list[str]:
        await self._remote.write(batch)
        for path, data in batch.items():
            self._manifest.agree(path, digest(data))
        return list(batch)

    def _read(self, path: str) -> bytes | None:
        """None: it is gone meanwhile, or became something that is not mirrored."""
        try:
            return self._local.tree.read(path, largest=LARGEST)
        except TreeGone:
            raise
        except VibeError:
            return None
