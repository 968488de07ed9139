"""The files that a new project starts with."""

from __future__ import annotations

import json
import re
import shutil
import unicodedata
from pathlib import Path

from vibe_tui.services.atomic import write_error

_TEMPLATES = Path(__file__).parent.parent / "templates"


def copy_template(template: str, folder: Path, name: str) -> None:
    """Copy the template into the empty `folder` and fill in the name.

    On failure the folder is empty again. Raises StoreFull or StoreNotWritable.
    """
    source = _TEMPLATES / template
    try:
        for path in sorted(source.rglob("*")):
            target = folder / path.relative_to(source)
            if path.is_dir():
                target.mkdir()
            else:
                target.write_text(_filled(path, name), "utf-8")
    except BaseException as error:  # also an interrupt leaves no half-made app
        for left in folder.iterdir():
            shutil.rmtree(left) if left.is_dir() else left.unlink()
        if isinstance(error, OSError):
            raise write_error(folder, error) from error
        raise


def _filled(path: Path, name: str) -> str:
    shown = json.dumps(name, ensure_ascii=False)[1:-1] if path.suffix == ".json" else name
    return path.read_text("utf-8").replace("{{slug}}", slug(name)).replace("{{name}}", shown)


def slug(name: str) -> str:
    """`name` as npm, Expo and URL schemes accept it: a letter, then letters, digits and dashes."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    joined = re.sub(r"[^a-z0-9]+", "-", plain).strip("-")
    return joined if joined[:1].isalpha() else f"app-{joined}".strip("-")
