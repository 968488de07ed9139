"""Making the project's files what a checkpoint holds, without losing anything that no checkpoint holds."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Set
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from vibe_tui.services.assistant.answerer import Edit
from vibe_tui.services.assistant.diff import diff_of
from vibe_tui.services.checkpoints_repository import Kept, Repository, blob_id
from vibe_tui.services.checkpoints_snapshot import LARGEST, Snapshot
from vibe_tui.services.errors import VibeError
from vibe_tui.services.tree_paths import protection
from vibe_tui.services.working_tree import FileMissing, PathRefused, TreeGone, WorkingTree, is_ignored

if TYPE_CHECKING:
    from pathspec import GitIgnoreSpec

_COMPARED = 400_000
"""Bytes of a file whose lines are compared; of a larger one it is only said that it changed."""
_NOT_HELD = "a checkpoint cannot hold what is there now, so it was left"
_MEANWHILE = "it was changed while the files were put back, so it was left"


@dataclass(frozen=True, slots=True)
class FileChange:
    """What became of one file since a checkpoint."""

    path: str
    kind: Literal["created", "changed", "deleted"]
    added: int
    removed: int
    """Lines."""
    diff: str
    """Unified, without the two file lines; "" when its lines cannot be compared."""
    note: str = ""
    """Why they cannot, or what else there is to say."""


@dataclass(frozen=True, slots=True)
class LeftAsIs:
    """A file that could not be put back."""

    path: str
    reason: str


@dataclass(frozen=True, slots=True)
class Difference:
    """The tree as it was against what it is now."""

    to_write: Mapping[str, Kept]
    to_delete: tuple[str, ...]


def difference(
    repository: Repository, was: Mapping[str, Kept], was_left_out: Set[str], now: Snapshot
) -> Difference:
    """What has to be done to have the files as they were.

    A file that came since then is deleted, but not one that was there and only not held, since it was too
    large or a `.gitignore` of that time named it.
    """
    ignores = _ignores(repository, was)
    return Difference(
        {path: kept for path, kept in was.items() if now.files.get(path) != kept and not protection(path)},
        tuple(
            path
            for path in now.files
            if path not in was and path not in was_left_out and not _ignored(path, ignores)
        ),
    )


def changes(
    repository: Repository, tree: WorkingTree, what: Difference, now: Snapshot
) -> Iterator[FileChange]:
    """The same as what happened since then, file by file, sorted."""
    for path in sorted({*what.to_write, *what.to_delete}):
        wanted = what.to_write.get(path)
        before = None if wanted is None else repository.content(wanted.blob)
        if path in now.left_out or (path not in now.files and _is_there(tree, path)):
            yield FileChange(path, "changed", 0, 0, "", now.left_out.get(path, "git ignores it now"))
            continue
        try:
            after = tree.read(path, largest=LARGEST) if path in now.files else None
        except FileMissing:
            after = None
        yield _change(path, before, after)


def put_back(
    repository: Repository, tree: WorkingTree, what: Difference, now: Snapshot
) -> tuple[list[str], list[LeftAsIs]]:
    """Do it: the paths that were written or deleted, and what was left as it is.

    now: is held by a checkpoint. Nothing is replaced or deleted that is not in it.
    Raises RepositoryDamaged before anything is touched, and TreeGone.
    """
    for kept in what.to_write.values():
        repository.content(kept.blob)
    done: list[str] = []
    left: list[LeftAsIs] = []

    def attempt(path: str) -> None:
        held = now.files.get(path)
        try:
            reason = _in_the_way(tree, path, held)
            if not reason:
                wanted = what.to_write.get(path)
                if wanted is None:
                    tree.delete(path)
                    tree.delete_empty_folders(path)
                else:
                    was_executable = held is not None and held.executable
                    mode = (
                        None if wanted.executable == was_executable else 0o755 if wanted.executable else 0o644
                    )
                    tree.write(path, repository.content(wanted.blob), mode=mode)
                done.append(path)
        except TreeGone:
            raise
        except VibeError as problem:
            reason = problem.message
        if reason:
            left.append(LeftAsIs(path, reason))

    for path in what.to_delete:  # first, as a file may have become a folder, or a folder a file
        attempt(path)
    for path in what.to_write:
        attempt(path)
    return done, left


def _in_the_way(tree: WorkingTree, path: str, held: Kept | None) -> str:
    """Why the file must stay as it is, or ""."""
    if held is None:
        return _NOT_HELD if tree.exists(path) else ""
    try:
        content = tree.read(path, protected=True, largest=LARGEST)
    except FileMissing:
        return _MEANWHILE
    return "" if blob_id(content) == held.blob else _MEANWHILE


def _is_there(tree: WorkingTree, path: str) -> bool:
    try:
        return tree.exists(path)
    except PathRefused:  # a folder above it is a file or a link now
        return False


def _change(path: str, before: bytes | None, after: bytes | None) -> FileChange:
    kind: Literal["created", "changed", "deleted"] = "changed"
    if before is None or after is None:
        kind = "created" if before is None else "deleted"
    if before == after:
        return FileChange(path, kind, 0, 0, "", "only whether it can be run differs")
    if max(len(before or b""), len(after or b"")) > _COMPARED:
        return FileChange(path, kind, 0, 0, "", "too large to compare its lines")
    old, new = _text(before or b""), _text(after or b"")
    if old is None or new is None:
        return FileChange(path, kind, 0, 0, "", "not a text")
    diff = diff_of(Edit(path, old, new))
    return FileChange(path, kind, diff.added, diff.removed, diff.text)


def _text(content: bytes) -> str | None:
    try:
        text = content.decode()
    except UnicodeDecodeError:
        return None
    return None if "\0" in text else text


def _ignores(repository: Repository, files: Mapping[str, Kept]) -> list[tuple[str, GitIgnoreSpec]]:
    """The `.gitignore` files of a checkpoint: each one's folder and rules, the outermost first."""
    from pathspec import GitIgnoreSpec

    found = sorted(path for path in files if path.rpartition("/")[2] == ".gitignore")
    return [
        (
            path.removesuffix(".gitignore"),
            GitIgnoreSpec.from_lines(
                repository.content(files[path].blob).decode("utf-8", "replace").splitlines()
            ),
        )
        for path in sorted(found, key=lambda path: path.count("/"))
    ]


def _ignored(path: str, ignores: list[tuple[str, GitIgnoreSpec]]) -> bool:
    """Whether the path, or a folder above it, is named by rules that stand above it."""
    parts = path.split("/")
    places = ["/".join(parts[:end]) + "/" for end in range(1, len(parts))] + [path]
    return any(
        is_ignored(place, [(prefix, rules) for prefix, rules in ignores if place.startswith(prefix)])
        for place in places
    )
