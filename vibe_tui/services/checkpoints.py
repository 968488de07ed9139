"""Checkpoints: the project's files as they were before each chat turn, in the app's home.

Never in the project's own repository, and never with `.env*`, keys, `node_modules` or what git ignores.
Everything here blocks; call it in a thread. Readers and writers in other processes wait for each other.
"""

from __future__ import annotations

import contextlib
import json
import os
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Literal

from vibe_tui.services.atomic import FileLock, write_error
from vibe_tui.services.checkpoints_index import Index, forget_index, read_index, write_index
from vibe_tui.services.checkpoints_repository import Commit, Repository, RepositoryDamaged, make
from vibe_tui.services.checkpoints_restore import (
    Difference,
    FileChange,
    LeftAsIs,
    changes,
    difference,
    put_back,
)
from vibe_tui.services.checkpoints_snapshot import Snapshot, take_snapshot
from vibe_tui.services.clock import now
from vibe_tui.services.errors import VibeError
from vibe_tui.services.terminal_text import redact, visible
from vibe_tui.services.working_tree import WorkingTree

KEEP = 200
KEEP_DAYS = 90
"""As many checkpoints as this are kept, and none older than this but the newest."""
_TITLE = 200
"""Characters of a title."""
_ID = 10
"""Characters of an id as it is shown; the beginning of the commit's id."""
_SHORTEST_ID = 4
_PATIENCE = 30.0
"""Seconds to wait for another process that works on the same checkpoints."""

Kind = Literal["turn", "restore"]


class CheckpointMissing(VibeError):
    """There is no checkpoint of this id."""

    code = "checkpoint_missing"


class CheckpointsDamaged(VibeError):
    """The checkpoints could not be read. They were set aside, and new ones begin with the next turn."""

    code = "checkpoints_damaged"


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """The files as they were at one moment."""

    id: str
    at: str
    """ISO 8601, UTC, whole seconds."""
    title: str
    """Of a turn: what was asked for. Otherwise the title of the checkpoint that was returned to."""
    kind: Kind
    """"turn": as it was before a chat turn; "restore": before returning to another checkpoint."""
    restored: str
    """Of kind "restore": the id of that other checkpoint."""
    files: int

    @property
    def label(self) -> str:
        """When it was, e.g. `before "Add a messages table"`; as in "the files are as they were …"."""
        return f'before {"undoing " if self.kind == "restore" else ""}"{self.title}"'


@dataclass(frozen=True, slots=True)
class Restored:
    """The files are as a checkpoint holds them, but for those that were left."""

    checkpoint: Checkpoint
    before: str
    """The id of the checkpoint that holds what was there before."""
    changed: tuple[str, ...]
    """The paths that were written or deleted."""
    left: tuple[LeftAsIs, ...]


@dataclass(frozen=True, slots=True)
class _Entry:
    checkpoint: Checkpoint
    commit: Commit
    left_out: frozenset[str]
    """Files that were there and are not held."""


class Checkpoints:
    """The checkpoints of one project.

    Every method raises StoreLocked, StoreFull or StoreNotWritable, and TreeGone. Those that read an
    earlier checkpoint raise CheckpointsDamaged; the project's files are then as they were.
    """

    def __init__(
        self, folder: Path, tree: WorkingTree, note: Callable[[str], object] = lambda line: None
    ) -> None:
        """folder: theirs alone; made when there is something to keep.
        note: told, from the calling thread, when damaged ones were set aside by `take`.
        """
        self._folder = folder
        self._tree = tree
        self._note = note
        self._lock = FileLock(folder.with_name(f"{folder.name}.lock"), _PATIENCE)

    def take(self, title: str) -> str:
        """Keep the files as they are now; returns the id. title: what the user asked for."""
        with self._lock:
            try:
                return self._take(title)
            except RepositoryDamaged:
                self._note(f"{self._set_aside().message} New ones were begun.")
                return self._take(title)

    def all(self) -> list[Checkpoint]:
        """The newest first."""
        if not self._folder.exists():
            return []
        with self._opened() as repository:
            return [_entry(repository, id).checkpoint for id in reversed(repository.names())]

    def diff(self, id: str) -> list[FileChange]:
        """What happened to the files since the checkpoint. id: its beginning is enough.

        Raises CheckpointMissing.
        """
        with self._opened() as repository:
            entry = _find(repository, id)
            now = self._look(repository)
            return list(changes(repository, self._tree, self._difference(repository, entry, now), now))

    def last_turn(self) -> Checkpoint | None:
        """The checkpoint before the last turn that changed files and is not undone; None: there is none."""
        if not self._folder.exists():
            return None
        with self._opened() as repository:
            now = self._look(repository)
            names = repository.names()
            same: set[str] = set()
            while names:
                entry = _entry(repository, names.pop())
                checkpoint = entry.checkpoint
                if checkpoint.kind == "restore":
                    # What lies between the two was undone by it. One that is pruned undid all of them.
                    at = [name for name in names if name.startswith(checkpoint.restored)]
                    names = names[: names.index(at[0])] if at else []
                elif entry.commit.tree not in same:
                    if self._difference(repository, entry, now) != Difference({}, ()):
                        return checkpoint
                    same.add(entry.commit.tree)
            return None

    def restore(self, id: str) -> Restored:
        """Take a checkpoint, then make the files as they were at this one. id: its beginning is enough.

        Each file is replaced at once. What cannot be put back stays and is told. Raises CheckpointMissing.
        """
        with self._opened() as repository:
            entry = _find(repository, id)
            before, now = self._add(repository, entry.checkpoint.title, "restore", entry.checkpoint.id)
            what = self._difference(repository, entry, now)
            done, left = put_back(repository, self._tree, what, now)
            return Restored(entry.checkpoint, before, tuple(done), tuple(left))

    def tidy(self) -> None:
        """Give back the room of dropped checkpoints; seldom takes longer than a moment."""
        if not self._folder.exists():
            return
        with self._opened() as repository:
            if repository.crowded:
                index = self._index(repository)
                forget_index(self._index_file)  # it names the packs
                repository.merge()
                if index.checkpoint:
                    self._write_index(index.checkpoint, index, repository)

    # --- inside --------------------------------------------------------------------------------------

    def _take(self, title: str) -> str:
        if not self._folder.exists():
            make(self._folder)
        with Repository(self._folder) as repository:
            return self._add(repository, title, "turn", "")[0]

    def _add(self, repository: Repository, title: str, kind: Kind, restored: str) -> tuple[str, Snapshot]:
        """Returns the id, and what the checkpoint holds."""
        index = self._index(repository)
        if not index.packs.items() <= repository.packs().items():
            raise RepositoryDamaged("A part of the checkpoints is missing.")
        for name in repository.names():
            _entry(repository, name)  # with one that is damaged, even the list cannot be shown
        snapshot = take_snapshot(self._tree, index, repository.put)
        about = {
            "at": now(),
            "kind": kind,
            "restored": restored,
            "left_out": sorted(snapshot.left_out),
            "files": len(snapshot.files),
            "nonce": os.urandom(8).hex(),  # two alike are two all the same
        }
        shown = redact(visible(" ".join(title.split())))[:_TITLE]
        id, trees = repository.add(snapshot.files, f"{shown}\n\n{json.dumps(about)}\n", index.trees)
        repository.check(trees[-1])  # much of it is only named anew, from what was kept before
        self._write_index(id, Index(id, snapshot.known, tuple(trees), {}), repository)
        self._prune(repository)
        return id[:_ID], snapshot

    def _prune(self, repository: Repository) -> None:
        names = repository.names()
        too_many = names[:-KEEP]
        oldest_kept = (datetime.now(UTC) - timedelta(days=KEEP_DAYS)).isoformat()
        too_old = []
        for name in names[len(too_many) : -1]:
            if _entry(repository, name).checkpoint.at >= oldest_kept:
                break
            too_old.append(name)
        if too_many or too_old:
            repository.drop([*too_many, *too_old])

    def _look(self, repository: Repository) -> Snapshot:
        return take_snapshot(self._tree, self._index(repository), None)

    def _difference(self, repository: Repository, entry: _Entry, now: Snapshot) -> Difference:
        return difference(repository, repository.files(entry.commit.tree), entry.left_out, now)

    def _index(self, repository: Repository) -> Index:
        names = repository.names()
        return read_index(self._index_file, names[-1] if names else "")

    def _write_index(self, id: str, index: Index, repository: Repository) -> None:
        write_index(self._index_file, Index(id, index.files, index.trees, repository.packs()))

    @property
    def _index_file(self) -> Path:
        return self._folder / "vibe-tui-index.json"

    @contextlib.contextmanager
    def _opened(self) -> Iterator[Repository]:
        with self._lock:
            if not self._folder.exists():
                raise CheckpointMissing(
                    "There are no checkpoints yet.", next_step="The first turn makes one."
                )
            try:
                with Repository(self._folder) as repository:
                    yield repository
            except RepositoryDamaged as damage:
                raise self._set_aside() from damage

    def _set_aside(self) -> CheckpointsDamaged:
        aside = self._folder.with_name(f"{self._folder.name}.damaged-{time.strftime('%Y%m%d-%H%M%S')}")
        while aside.exists():
            aside = aside.with_name(f"{aside.name}-{os.urandom(2).hex()}")
        try:
            self._folder.rename(aside)
        except OSError as error:
            raise write_error(self._folder, error) from error
        return CheckpointsDamaged(
            f"The checkpoints could not be read and are now in {visible(str(aside))}.",
            next_step="Your files are as they were; new checkpoints begin with the next turn.",
        )


def _find(repository: Repository, id: str) -> _Entry:
    wanted = id.strip().lower()
    names = repository.names() if len(wanted) >= _SHORTEST_ID else []
    found = [name for name in names if name.startswith(wanted)]
    if len(found) == 1:
        return _entry(repository, found[0])
    reason = (
        f"Several checkpoints begin with {visible(id)}."
        if found
        else f"There is no checkpoint {visible(id)}."
    )
    raise CheckpointMissing(reason, next_step="`vibe-tui history` lists them.")


def _entry(repository: Repository, id: str) -> _Entry:
    commit = repository.commit(id)
    title, _, about = commit.message.partition("\n\n")
    try:
        said: Any = json.loads(about)
        kind: Kind = "restore" if said["kind"] == "restore" else "turn"
        checkpoint = Checkpoint(
            id[:_ID], str(said["at"]), title, kind, str(said["restored"]), int(said["files"])
        )
        return _Entry(checkpoint, commit, frozenset(map(str, said["left_out"])))
    except (ValueError, KeyError, TypeError) as error:
        raise RepositoryDamaged("A checkpoint says nothing of itself.") from error
