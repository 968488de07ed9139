"""Files of the project that a prompt names with @, and pictures that go with it."""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import Sequence
from itertools import islice
from pathlib import Path

from vibe_tui.services.chat_images import LARGEST, data_url, is_image_name, read_image
from vibe_tui.services.tree_paths import protection
from vibe_tui.services.working_tree import WorkingTree
from vibe_tui.widgets.chat.messages import Image

_MOST_FILES = 20_000
_SHOWN = 50
_FRESH = 5.0
"""Seconds for which the list of files is used again."""
_MENTION = re.compile(r"""(?:^|(?<=[\s(]))@(?:"([^"\n]+)"|([^\s"@]+))""")


class Mentions:
    def __init__(self, tree: WorkingTree) -> None:
        self._tree = tree
        self._paths: Sequence[str] = ()
        self._listed = 0.0
        self._listing = asyncio.Lock()

    async def find(self, query: str) -> list[str]:
        """The files that may be meant, the likeliest first. Raises TreeGone."""
        async with self._listing:
            if time.monotonic() - self._listed > _FRESH:
                self._paths = await asyncio.to_thread(self._list)
                self._listed = time.monotonic()
        return await asyncio.to_thread(likeliest, query, self._paths)

    async def images(self, prompt: str) -> list[Image]:
        """The pictures of the project that the prompt names. Raises ImageRefused and what reading raises."""
        found = (match[1] or match[2] for match in _MENTION.finditer(prompt))
        return [
            await asyncio.to_thread(self._image, path) for path in dict.fromkeys(found) if is_image_name(path)
        ]

    def _list(self) -> Sequence[str]:
        walked = islice(self._tree.walk(skip_ignored=True), _MOST_FILES)
        return [path for path in walked if not protection(path)]

    def _image(self, path: str) -> Image:
        data = self._tree.read(path, protected=True, largest=LARGEST)
        return Image(path, len(data), data_url(path, data))


async def image_at(path: str, folder: Path) -> Image:
    """A picture anywhere on this computer, named by the user. Raises ImageRefused.

    path: absolute, in the home folder (~), or relative to `folder`.
    """

    def read() -> Image:
        file = folder / Path(path.strip("'\"").replace("\\ ", " ")).expanduser()
        data = read_image(file)
        return Image(file.name, len(data), data_url(file.name, data))

    return await asyncio.to_thread(read)


def likeliest(query: str, paths: Sequence[str]) -> list[str]:
    """Those in whose names the letters stand, in this order; the closer together, the earlier."""
    wanted = query.casefold()
    ranked = []
    for path in paths:
        rank = _rank(wanted, path.casefold())
        if rank is not None:
            ranked.append((*rank, len(path), path))
    return [one[-1] for one in sorted(ranked)[:_SHOWN]]


def _rank(wanted: str, path: str) -> tuple[int, int] | None:
    name = path.rpartition("/")[2]
    if wanted in name:
        return 0, name.index(wanted)
    if wanted in path:
        return 1, path.index(wanted)
    at = start = -1
    for letter in wanted:
        at = path.find(letter, at + 1)
        if at < 0:
            return None
        start = at if start < 0 else start
    return 2, at - start
