"""Folders as the file tree lists them."""

from __future__ import annotations

import threading
from pathlib import Path

from vibe_tui.services.folder_listing import list_folder


def test_a_folder_that_comes_and_goes_is_listed_or_empty(tmp_path: Path) -> None:
    folder, elsewhere = tmp_path / "app", tmp_path / "elsewhere"
    folder.mkdir()
    (folder / ".gitignore").write_text("dist/\n")
    (folder / "dist").mkdir()
    (folder / "app.json").touch()
    over = threading.Event()

    def move() -> None:
        while not over.is_set():
            folder.rename(elsewhere)
            elsewhere.rename(folder)

    mover = threading.Thread(target=move)
    mover.start()
    try:
        seen = [[entry.name for entry in list_folder(folder, "")] for _ in range(2_000)]
    finally:
        over.set()
        mover.join()
    assert {len(names) for names in seen} <= {0, 3}
    assert [entry.ignored for entry in list_folder(folder, "")] == [True, False, False]
