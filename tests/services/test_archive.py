"""What a download holds, what it must not hold, and what is there when it fails."""

from __future__ import annotations

import os
import socket
import stat
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from vibe_tui.services.archive import ArchiveCancelled, ArchiveExists, ArchiveFailed, export
from vibe_tui.services.secret import Secret
from vibe_tui.services.working_tree import TreeGone


@pytest.fixture
def app(tmp_path: Path) -> Path:
    folder = tmp_path / "my-app"
    for path in (
        "package.json", "app/index.tsx", "app/[id]/page.tsx", "convex/schema.ts",
        "convex/_generated/api.d.ts", "convex/_generated/server.js", ".gitignore", ".env.example",
        "assets/ü b.png",
    ):  # fmt: skip
        make(folder / path)
    return folder


def make(file: Path, text: str = "content") -> Path:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text)
    return file


def names(path: Path) -> list[str]:
    with zipfile.ZipFile(path) as archive:
        assert archive.testzip() is None
        return archive.namelist()


EVERYTHING = [
    "my-app/.env.example", "my-app/.gitignore", "my-app/package.json", "my-app/app/index.tsx",
    "my-app/app/[id]/page.tsx", "my-app/assets/ü b.png", "my-app/convex/schema.ts",
    "my-app/convex/_generated/api.d.ts", "my-app/convex/_generated/server.js",
]  # fmt: skip


def test_everything_is_in_it_in_a_fixed_order(app: Path, tmp_path: Path) -> None:
    archive = export(app, tmp_path / "app.zip")
    assert names(archive.path) == EVERYTHING
    assert (archive.path, archive.files, archive.skipped) == (tmp_path / "app.zip", len(EVERYTHING), ())
    assert archive.bytes == (tmp_path / "app.zip").stat().st_size
    again = export(app, tmp_path / "again.zip")
    assert again.path.read_bytes() == archive.path.read_bytes()


def test_contents_permissions_and_times_survive(app: Path, tmp_path: Path) -> None:
    script = make(app / "run.sh", "#!/bin/sh\n" * 5000)
    script.chmod(0o755)
    os.utime(script, (1_700_000_000, 1_700_000_000))
    os.utime(app / "package.json", (0, 0))  # before what a zip can say
    export(app, tmp_path / "app.zip")
    subprocess.run(
        [sys.executable, "-m", "zipfile", "-e", tmp_path / "app.zip", tmp_path / "out"], check=True
    )
    assert (tmp_path / "out/my-app/run.sh").read_text() == "#!/bin/sh\n" * 5000
    with zipfile.ZipFile(tmp_path / "app.zip") as archive:
        entry = archive.getinfo("my-app/run.sh")
        assert stat.S_IMODE(entry.external_attr >> 16) == 0o755
        assert entry.date_time[0] == 2023
        assert entry.compress_size < entry.file_size


def test_what_is_left_out(app: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for path in (
        ".env", ".env.local", ".ENV.production", "packages/x/.env.local", "convex/.env", "sub/.env/inside",
        "node_modules/x/index.js", "packages/x/node_modules/y.js", ".git/HEAD", "packages/sub/.git/HEAD",
        ".expo/state.json", ".vibe-tui", ".env.vibe-tui-0123456789ab.local",
    ):  # fmt: skip
        make(app / path, "secret")
    make(tmp_path / "outside", "secret")
    (app / "link.txt").symlink_to(tmp_path / "outside")
    (app / "linked").symlink_to(tmp_path)
    os.mkfifo(app / "pipe")
    with socket.socket(socket.AF_UNIX) as listener:
        monkeypatch.chdir(app)  # the path of a socket must be short
        listener.bind("socket")
        archive = export(app, tmp_path / "app.zip")
    assert names(archive.path) == EVERYTHING
    assert archive.skipped == (
        "link.txt: a symbolic link", "linked: a symbolic link", "pipe: not a file", "socket: not a file",
    )  # fmt: skip
    with zipfile.ZipFile(archive.path) as unpacked:
        assert not any(b"secret" in unpacked.read(name) for name in unpacked.namelist())


UNSAFE = ["a\\..\\..\\x", "C:x", "a\nb", "a\x1b[2Jb", "con.ts", "NUL", "x.", "a?b"]
NO_TEXT = ["\udcff"] if sys.platform == "linux" else []  # macOS has no such names


@pytest.mark.parametrize("name", UNSAFE + NO_TEXT, ids=ascii)
def test_names_that_are_not_safe_everywhere(app: Path, tmp_path: Path, name: str) -> None:
    make(app / name)
    make(app / "deep" / name / "inside.ts")
    archive = export(app, tmp_path / "app.zip")
    assert names(archive.path) == EVERYTHING
    assert len(archive.skipped) == 2
    assert all("name cannot be unpacked" in skipped for skipped in archive.skipped)
    assert all(skipped.isprintable() for skipped in archive.skipped)


def test_a_file_that_holds_a_secret_is_left_out_and_named(app: Path, tmp_path: Path) -> None:
    secret = Secret("made-up-value-" + "0123456789" * 3).reveal()
    make(app / "notes.md", f"my key is {secret}, do not tell")
    make(app / "big.txt", "x" * (1024 * 1024 - 10) + secret)  # cut in two by the chunks it is read in
    make(app / "fine.txt", secret[:-1])
    archive = export(app, tmp_path / "app.zip")
    assert archive.skipped == ("big.txt: it holds a secret", "notes.md: it holds a secret")
    assert "my-app/fine.txt" in names(archive.path)
    with zipfile.ZipFile(archive.path) as unpacked:
        assert not any(secret.encode() in unpacked.read(name) for name in unpacked.namelist())


def test_a_zip_inside_of_the_project_does_not_hold_itself(app: Path) -> None:
    for _ in range(2):
        archive = export(app, app / "app.zip", replace=True)
        assert names(archive.path) == EVERYTHING


def test_an_existing_file_is_not_replaced_unasked(app: Path, tmp_path: Path) -> None:
    make(tmp_path / "app.zip", "mine")
    with pytest.raises(ArchiveExists, match=r"app\.zip exists already"):
        export(app, tmp_path / "app.zip")
    assert (tmp_path / "app.zip").read_text() == "mine"
    export(app, tmp_path / "app.zip", replace=True)
    assert names(tmp_path / "app.zip") == EVERYTHING


def test_progress_ends_at_the_total(app: Path, tmp_path: Path) -> None:
    seen: list[tuple[int, int]] = []
    export(app, tmp_path / "app.zip", on_progress=lambda done, total: seen.append((done, total)))
    assert seen == [(number, len(EVERYTHING)) for number in range(1, len(EVERYTHING) + 1)]


@pytest.mark.parametrize("after", [0, 3])
def test_cancelling_leaves_nothing(app: Path, tmp_path: Path, after: int) -> None:
    done = 0

    def progress(files: int, total: int) -> None:
        nonlocal done
        done = files

    with pytest.raises(ArchiveCancelled):
        export(app, tmp_path / "app.zip", on_progress=progress, cancelled=lambda: done >= after)
    assert os.listdir(tmp_path) == ["my-app"]  # noqa: PTH208


def test_an_error_of_whoever_watches_leaves_nothing(app: Path, tmp_path: Path) -> None:
    def progress(done: int, total: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        export(app, tmp_path / "app.zip", on_progress=progress)
    assert os.listdir(tmp_path) == ["my-app"]  # noqa: PTH208


FULL_DISK = """
import resource, sys
from pathlib import Path
from vibe_tui.services.archive import ArchiveFailed, export
resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))
try:
    export(Path(sys.argv[1]), Path(sys.argv[2]), replace=True)
except ArchiveFailed as error:
    print(error.message)
"""


def test_a_full_disk_leaves_the_old_zip(app: Path, tmp_path: Path) -> None:
    (app / "noise.bin").write_bytes(os.urandom(500_000))
    make(tmp_path / "app.zip", "the old one")
    argv = [sys.executable, "-X", "dev", "-c", FULL_DISK, str(app), str(tmp_path / "app.zip")]
    ended = subprocess.run(argv, capture_output=True, text=True)
    assert ended.stdout.startswith("There is no space left for ")
    assert ended.stderr == ""
    assert (tmp_path / "app.zip").read_text() == "the old one"
    assert sorted(os.listdir(tmp_path)) == ["app.zip", "my-app"]  # noqa: PTH208


def test_places_that_cannot_be_written(app: Path, tmp_path: Path) -> None:
    with pytest.raises(ArchiveFailed, match="no such file or directory"):
        export(app, tmp_path / "nowhere" / "app.zip")
    (tmp_path / "folder").mkdir()
    with pytest.raises(ArchiveFailed, match="is a directory"):
        export(app, tmp_path / "folder", replace=True)
    assert sorted(os.listdir(tmp_path)) == ["folder", "my-app"]  # noqa: PTH208


def test_the_folder_is_gone(tmp_path: Path) -> None:
    with pytest.raises(TreeGone):
        export(tmp_path / "gone", tmp_path / "app.zip")


def test_files_that_change_meanwhile(app: Path, tmp_path: Path) -> None:
    """One grows, one goes, one becomes a link to something outside, while the zip is being written."""
    make(tmp_path / "outside", "secret")
    for name in ("x1", "x2", "x3"):
        make(app / "zz" / name, "before")

    def progress(done: int, total: int) -> None:
        if done == 1:
            make(app / "zz" / "x1", "before and after")
            (app / "zz" / "x2").unlink()
            (app / "zz" / "x3").unlink()
            (app / "zz" / "x3").symlink_to(tmp_path / "outside")

    archive = export(app, tmp_path / "app.zip", on_progress=progress)
    assert names(archive.path) == [*EVERYTHING, "my-app/zz/x1"]
    assert archive.skipped == ("zz/x3: a symbolic link",)


def test_a_folder_whose_own_name_is_not_safe(tmp_path: Path) -> None:
    make(tmp_path / "a:b" / "x.ts")
    assert names(export(tmp_path / "a:b", tmp_path / "app.zip").path) == ["app/x.ts"]
