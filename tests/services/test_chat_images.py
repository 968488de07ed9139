from __future__ import annotations

import base64
import os
from pathlib import Path

import pytest

from vibe_tui.services.chat_images import LARGEST, ImageRefused, data_url, is_image_name, read_image

PNG = b"\x89PNG\r\n\x1a\n" + b"\0" * 20


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (PNG, "png"),
        (b"\xff\xd8\xff\xe0rest", "jpeg"),
        (b"GIF89a", "gif"),
        (b"RIFF\0\0\0\0WEBPVP8 ", "webp"),
    ],
)
def test_a_picture_becomes_a_data_url(tmp_path: Path, data: bytes, kind: str) -> None:
    file = tmp_path / "picture"
    file.write_bytes(data)
    expected = f"data:image/{kind};base64,{base64.b64encode(data).decode()}"
    assert data_url("picture", read_image(file)) == expected


@pytest.mark.parametrize("data", [b"", b"<svg/>", b"RIFF\0\0\0\0WAVE", PNG + b"\0" * LARGEST])
def test_anything_else_is_refused(data: bytes) -> None:
    with pytest.raises(ImageRefused):
        data_url("x", data)


def test_no_pipe_no_folder_and_nothing_that_is_not_there(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.png")
    for name in ("pipe.png", ".", "missing.png"):
        with pytest.raises(ImageRefused):
            read_image(tmp_path / name)


def test_what_is_named_like_a_picture() -> None:
    assert is_image_name("a/Shot.PNG") and not is_image_name("png.ts")
