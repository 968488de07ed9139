"""Pictures that go with a prompt, as models take them."""

from __future__ import annotations

import base64
import os
import stat
from pathlib import Path

from vibe_tui.services.errors import VibeError
from vibe_tui.services.terminal_text import visible

LARGEST = 5 * 1024 * 1024
"""Bytes; what the common providers take."""
SUFFIXES = (".png", ".jpg", ".jpeg", ".gif", ".webp")
_BEGINNINGS = ((b"\x89PNG\r\n\x1a\n", "png"), (b"\xff\xd8\xff", "jpeg"), (b"GIF8", "gif"))


class ImageRefused(VibeError):
    """It is no picture that a model takes."""

    code = "image_refused"


def is_image_name(path: str) -> bool:
    return path.lower().endswith(SUFFIXES)


def read_image(path: Path) -> bytes:
    """The picture in a file the user named. Blocking. Raises ImageRefused."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        with os.fdopen(descriptor, "rb") as file:
            there = os.fstat(descriptor)
            if not stat.S_ISREG(there.st_mode):
                raise _refused(str(path), "it is not a file")
            return file.read(LARGEST + 1)
    except OSError as problem:
        raise _refused(str(path), (problem.strerror or "it cannot be read").lower()) from problem


def data_url(name: str, data: bytes) -> str:
    """The picture as a data: URL. Raises ImageRefused."""
    if len(data) > LARGEST:
        raise _refused(name, f"it is larger than {LARGEST // 1024 // 1024} MB")
    kind = next((kind for beginning, kind in _BEGINNINGS if data.startswith(beginning)), "")
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        kind = "webp"
    if not kind:
        raise _refused(name, "it is no PNG, JPEG, GIF or WebP picture")
    return f"data:image/{kind};base64,{base64.b64encode(data).decode()}"


def _refused(name: str, reason: str) -> ImageRefused:
    return ImageRefused(
        f"{visible(name)} cannot be attached: {reason}.",
        next_step="Choose a PNG, JPEG, GIF or WebP file of up to 5 MB.",
    )
