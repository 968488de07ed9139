"""Where checkpoints are kept: a bare git repository of our own, so that git can read it too.

Every checkpoint is a commit without parents, named by a ref below `refs/checkpoints/`, so that any of them
can be dropped. Objects are only ever written as packs, one or a few for each checkpoint, and the refs as one
`packed-refs` file: whatever moment a writer is killed at, a checkpoint is there whole or not at all.

Everything here blocks, and belongs under the lock of services/checkpoints.py.
"""

from __future__ import annotations

import contextlib
import os
import re
import stat
import struct
import time
import zlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Self

from vibe_tui.services.atomic import private_folder, write_atomic, write_error
from vibe_tui.services.errors import VibeError

if TYPE_CHECKING:
    from dulwich.objects import ObjectID, ShaFile

PACKS = 12
"""So many packs are made one, as every object that is looked up is looked for in each."""
_SMALL = 1_000_000
"""Bytes of a pack that is quickly written anew."""
_BATCH = 32_000_000
"""Bytes of new contents that are held in memory before they are written."""
_AUTHOR = b"vibe-tui <>"
_FILE, _PROGRAM = 0o100644, 0o100755
_REFS = "refs/checkpoints/"
_REF_LINE = re.compile(rf"([0-9a-f]{{40}}) {_REFS}(\d+)")
_HEADER = "# pack-refs with: peeled fully-peeled sorted\n"
_FILES = {
    "HEAD": "ref: refs/heads/none\n",
    "config": "[core]\n\trepositoryformatversion = 0\n\tbare = true\n",
}
_FOLDERS = ("objects/info", "objects/pack", "refs/heads")


class RepositoryDamaged(VibeError):
    """What was kept cannot be read as it was written."""

    code = "repository_damaged"


@dataclass(frozen=True, slots=True)
class Kept:
    """A file in a checkpoint."""

    blob: str
    """The id git gives this content, in hex."""
    executable: bool


@dataclass(frozen=True, slots=True)
class Commit:
    id: str
    tree: str
    message: str


class Repository:
    """One opened repository; use it as a context manager, as it holds files open.

    Every method raises RepositoryDamaged, StoreFull or StoreNotWritable.
    """

    def __init__(self, folder: Path) -> None:
        """folder: made by `make`."""
        from dulwich.object_store import DiskObjectStore

        self._folder = folder
        self._packs = folder / "objects" / "pack"
        self._pending: list[ShaFile] = []
        self._pending_bytes = 0
        if not self._packs.is_dir():
            raise RepositoryDamaged("A part of the checkpoints is missing.")
        self._objects = DiskObjectStore(folder / "objects")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        with contextlib.suppress(BufferError):  # an error on its way out still looks into a damaged file
            self._objects.close()

    # --- reading -------------------------------------------------------------------------------------

    def names(self) -> list[str]:
        """The ids of all checkpoints, the oldest first."""
        with _reading(self._folder):
            return [id for _, id in self._refs()]

    def commit(self, id: str) -> Commit:
        from dulwich.objects import Commit as GitCommit

        with _reading(self._folder):
            found = self._get(id)
            if not isinstance(found, GitCommit):
                raise RepositoryDamaged("A checkpoint is not one.")
            return Commit(id, found.tree.decode(), found.message.decode())

    def files(self, tree: str) -> dict[str, Kept]:
        """All files of a tree, by path."""
        from dulwich.object_store import iter_tree_contents

        with _reading(self._folder):
            return {
                entry.path.decode(): Kept(entry.sha.decode(), entry.mode == _PROGRAM)
                for entry in iter_tree_contents(self._objects, _object_id(tree))
            }

    def check(self, tree: str) -> None:
        """Raises RepositoryDamaged when the tree, or a file in it, is not there."""
        from dulwich.object_store import iter_tree_contents

        with _reading(self._folder):
            for entry in iter_tree_contents(self._objects, _object_id(tree)):
                if entry.sha not in self._objects:
                    raise RepositoryDamaged("A part of a checkpoint is missing.")

    def content(self, blob: str) -> bytes:
        """The content of this id, proved to be what was kept."""
        with _reading(self._folder):
            return self._get(blob).as_raw_string()

    def packs(self) -> dict[str, int]:
        """The files that hold the contents, and their sizes in bytes."""
        with _reading(self._folder):
            return {file.name: file.stat().st_size for file in self._packs.iterdir()}

    # --- writing -------------------------------------------------------------------------------------

    def put(self, content: bytes) -> None:
        """Keep this content. It is on the disk when `add` returns."""
        from dulwich.objects import Blob

        self._pending.append(Blob.from_string(content))
        self._pending_bytes += len(content)
        if self._pending_bytes > _BATCH:
            self._flush()

    def add(
        self, files: Mapping[str, Kept], message: str, known_trees: Iterable[str]
    ) -> tuple[str, list[str]]:
        """Make a checkpoint of files whose contents are kept; returns its id and the ids of its trees.

        known_trees: those that are kept already.
        """
        from dulwich.objects import Commit as GitCommit

        trees = trees_of(files)
        commit = GitCommit()
        commit.tree = _object_id(trees[-1].id.decode())
        commit.author = commit.committer = _AUTHOR
        commit.author_time = commit.commit_time = int(time.time())
        commit.author_timezone = commit.commit_timezone = 0
        commit.message = message.encode()
        known = set(known_trees)
        self._pending += [tree for tree in trees if tree.id.decode() not in known]
        self._pending.append(commit)
        self._flush()
        with _reading(self._folder):
            refs = self._refs()
        id = commit.id.decode()
        self._write_refs([*refs, (refs[-1][0] + 1 if refs else 1, id)])
        return id, [tree.id.decode() for tree in trees]

    def drop(self, ids: Iterable[str]) -> None:
        """Forget these checkpoints. Their contents go with the next `merge`."""
        dropped = set(ids)
        with _reading(self._folder):
            refs = self._refs()
        self._write_refs([ref for ref in refs if ref[1] not in dropped])

    @property
    def crowded(self) -> bool:
        """Whether it is time for `merge`."""
        return len(self._pack_sizes()) > PACKS

    def merge(self) -> None:
        """Put what is in use into few packs, of the small ones as long as that is enough."""
        from dulwich.pack import Pack

        sizes = self._pack_sizes()
        small = [name for name, size in sizes.items() if size < _SMALL]
        merged = small if len(small) > PACKS // 2 else list(sizes)
        objects: dict[ObjectID, ShaFile] = {}
        with _reading(self._folder):
            in_use = self._in_use()
            for name in merged:
                base = str(self._packs / name.removesuffix(".pack"))
                with Pack(base, object_format=self._objects.object_format) as pack:
                    objects |= {one.id: one for one in pack.iterobjects() if one.id in in_use}
        self._write_pack(objects)
        with _reading(self._folder):
            for name in merged:
                (self._packs / name).unlink()
            self._sweep()

    # --- inside --------------------------------------------------------------------------------------

    def _get(self, id: str) -> ShaFile:
        found = self._objects[_object_id(id)]
        whole = type(found).from_string(found.as_raw_string())  # its id is computed anew, from the content
        if whole.id.decode() != id:
            raise RepositoryDamaged("The content of a checkpoint is not what was kept.")
        return whole

    def _flush(self) -> None:
        pending, self._pending, self._pending_bytes = self._pending, [], 0
        self._write_pack({one.id: one for one in pending})

    def _write_pack(self, objects: Mapping[ObjectID, ShaFile]) -> None:
        """Beside dulwich's own way to add objects, which reads them twice to see what it wrote."""
        from dulwich.pack import write_pack

        name = self._packs / f"pack-{os.urandom(20).hex()}"
        if objects:
            with _reading(self._folder):
                self._sweep()
                write_pack(
                    str(name),
                    list(objects.values()),
                    self._objects.object_format,
                    deltify=False,
                    compression_level=1,
                )
                for suffix in (".pack", ".idx"):
                    name.with_suffix(suffix).chmod(0o600)

    def _refs(self) -> list[tuple[int, str]]:
        """Each checkpoint's number and id, by number."""
        file = self._folder / "packed-refs"
        if not file.exists():
            return []
        first, *lines = file.read_text("ascii").splitlines()
        found = [_REF_LINE.fullmatch(line) for line in lines]
        refs = [(int(ref[2]), ref[1]) for ref in found if ref is not None]
        if len(refs) < len(lines) or f"{first}\n" != _HEADER:
            raise RepositoryDamaged("The list of the checkpoints cannot be read.")
        return sorted(refs)

    def _write_refs(self, refs: Iterable[tuple[int, str]]) -> None:
        lines = [f"{id} {_REFS}{number:08}\n" for number, id in sorted(refs)]
        write_atomic(self._folder / "packed-refs", (_HEADER + "".join(lines)).encode())

    def _sweep(self) -> None:
        """A writer that was killed leaves halves: nobody else writes now, so what is half stays so."""
        names = {file.name for file in self._packs.iterdir()}
        for name in names:
            stem, _, suffix = name.rpartition(".")
            if not {f"{stem}.pack", f"{stem}.idx"} <= names or suffix not in ("pack", "idx"):
                (self._packs / name).unlink()

    def _pack_sizes(self) -> dict[str, int]:
        return {name: size for name, size in self.packs().items() if name.endswith(".pack")}

    def _in_use(self) -> set[ObjectID]:
        from dulwich.objects import Commit as GitCommit
        from dulwich.objects import Tree

        used: set[ObjectID] = set()
        left = [_object_id(id) for _, id in self._refs()]
        while left:
            id = left.pop()
            if id not in used:
                used.add(id)
                found = self._objects[id]
                if isinstance(found, GitCommit):
                    left.append(found.tree)
                elif isinstance(found, Tree):
                    for entry in found.items():
                        if stat.S_ISDIR(entry.mode):
                            left.append(entry.sha)
                        else:
                            used.add(entry.sha)
        return used


def make(folder: Path) -> None:
    """Make an empty repository at `folder`, at once. Raises StoreFull or StoreNotWritable."""
    import shutil

    beside = folder.with_name(f"{folder.name}.new")
    try:
        private_folder(folder.parent)
        if beside.exists():
            shutil.rmtree(beside)  # of a process that was killed
        for name in _FOLDERS:
            private_folder(beside / name)
        for name, text in _FILES.items():
            write_atomic(beside / name, text.encode())
        beside.rename(folder)
    except OSError as error:
        raise write_error(folder, error) from error


def blob_id(content: bytes) -> str:
    """The id git gives this content, in hex."""
    from dulwich.objects import Blob

    return Blob.from_string(content).id.decode()


def trees_of(files: Mapping[str, Kept]) -> list[ShaFile]:
    """The trees of these files, the whole one last."""
    from dulwich.index import commit_tree
    from dulwich.object_store import MemoryObjectStore

    memory = MemoryObjectStore()
    commit_tree(
        memory,
        (
            (path.encode(), _object_id(kept.blob), _PROGRAM if kept.executable else _FILE)
            for path, kept in files.items()
        ),
    )
    return [memory[id] for id in memory]


def _object_id(id: str) -> ObjectID:
    from dulwich.objects import ObjectID

    return ObjectID(id.encode("ascii"))


@contextlib.contextmanager
def _reading(folder: Path) -> Iterator[None]:
    """What dulwich raises about damaged files, and the system about files it cannot write."""
    from dulwich import errors
    from dulwich.pack import UnresolvedDeltas

    try:
        yield
    except (
        errors.FileFormatException,
        errors.ChecksumMismatch,
        errors.WrongObjectException,
        errors.ObjectMissing,
        errors.ApplyDeltaError,
        UnresolvedDeltas,
        zlib.error,
        struct.error,
        LookupError,  # an object that is missing, an offset that leads nowhere
        ValueError,  # also text that is none
        AssertionError,  # dulwich's way to say that a file is not as it should be
        EOFError,
        TypeError,  # so does it say that a name in a file is no object's
    ) as error:
        raise RepositoryDamaged("The checkpoints cannot be read: their files are damaged.") from error
    except FileNotFoundError as error:
        raise RepositoryDamaged("A part of the checkpoints is missing.") from error
    except OSError as error:
        raise write_error(folder, error) from error
