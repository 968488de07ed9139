"""The schema that a project's `convex/schema.ts` describes, read without pushing it.

As the Convex CLI does it (npm convex 1.48, src/bundler): esbuild makes one module of the file and of what it
imports, and that module's `export()` gives the schema. The module is the project's code: it runs in a Node
process of its own, which may read and write nothing but a temporary folder and knows no variables.
"""

from __future__ import annotations

import asyncio
import json
import os
import re
import shutil
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from vibe_tui.services.convex.push_output import PushOutput
from vibe_tui.services.convex.schema import Schema, SchemaUnreadable, read_schema
from vibe_tui.services.errors import VibeError
from vibe_tui.services.model import Problem
from vibe_tui.services.node import Node, find_node
from vibe_tui.services.process import run
from vibe_tui.services.terminal_text import clean, redact, visible
from vibe_tui.services.toolchain import toolchain_ready

LIMIT = 15.0
"""Seconds for each of the two steps."""
_SCRIPT = Path(__file__).with_name("node") / "evaluate_schema.mjs"
_ESBUILD = Path("node_modules", "esbuild", "bin", "esbuild")
_LARGEST = 16 * 1024 * 1024
_FRAME = re.compile(r"^\s+at .*?\(?(?:file://)?(?P<file>/[^():]+):(?P<line>\d+):(?P<column>\d+)\)?$", re.M)


class SchemaBroken(VibeError):
    """The file cannot be turned into a schema; a push would fail as well."""

    code = "schema_broken"

    def __init__(self, problem: Problem) -> None:
        """problem: its file is the one to correct."""
        place = f"{problem.file}:{problem.line}" if problem.line else problem.file
        super().__init__(f"{place}: {problem.message}", next_step="Correct it, then look again.")
        self.problem = problem


class SchemaToolsMissing(VibeError):
    """What evaluates a schema is installed by the first push."""

    code = "schema_tools_missing"


@dataclass(frozen=True, slots=True)
class LocalSchema:
    file: str
    """Relative to the project; "" when there is none."""
    schema: Schema | None


async def local_schema(
    folder: Path, *, node_setting: str, toolchains: Path, environ: Mapping[str, str] = os.environ
) -> LocalSchema:
    """folder: the project's. toolchains: where they are installed, one below it per version.

    Raises SchemaBroken, SchemaToolsMissing, NodeMissing, NodeTooOld and CannotStart.
    """
    file = await asyncio.to_thread(_schema_file, folder)
    if not file:
        return LocalSchema("", None)
    toolchain = await asyncio.to_thread(toolchain_ready, toolchains)
    if toolchain is None:
        raise SchemaToolsMissing(
            "The Convex tools are not installed here yet, so the schema cannot be compared.",
            next_step="Push once: that installs them.",
        )
    node = await asyncio.to_thread(find_node, node_setting, environ)
    work = await asyncio.to_thread(_make_work_folder)
    try:
        await _bundle(node, toolchain, folder, file, work)
        return LocalSchema(file, await _evaluate(node, folder, file, work))
    finally:
        await asyncio.shield(asyncio.to_thread(shutil.rmtree, work, ignore_errors=True))


def _schema_file(folder: Path) -> str:
    """Raises SchemaBroken when convex.json makes no sense."""
    functions = "convex"
    try:
        config = json.loads((folder / "convex.json").read_bytes())
    except FileNotFoundError:
        config = {}
    except (OSError, ValueError, RecursionError) as error:
        raise SchemaBroken(Problem("It cannot be read as JSON.", "convex.json")) from error
    if isinstance(config, dict) and isinstance(config.get("functions"), str):
        functions = os.path.normpath(config["functions"])
    for name in ("schema.ts", "schema.js"):
        if (folder / functions / name).is_file():
            return f"{functions}/{name}"
    return ""


def _make_work_folder() -> Path:
    work = Path(tempfile.mkdtemp(prefix="vibe-tui-schema-")).resolve()
    shutil.copyfile(_SCRIPT, work / "evaluate.mjs")
    return work


async def _bundle(node: Node, toolchain: Path, folder: Path, file: str, work: Path) -> None:
    """Make `schema.mjs` in `work`. The options are those of the CLI. Raises SchemaBroken."""
    output = PushOutput()
    said: list[str] = []

    def take(line: str) -> None:
        output.take(line)
        if len(said) < 200:
            said.append(clean(line))

    argv = (
        str(node.path), str(toolchain / _ESBUILD), f"./{file}",
        "--bundle", "--platform=browser", "--format=esm", "--target=esnext", "--jsx=automatic",
        "--conditions=convex,module", '--define:process.env.NODE_ENV="production"',
        "--external:async_hooks", "--external:node:async_hooks",
        "--sourcemap=inline", "--sources-content=false",
        "--color=false", "--log-limit=20", f"--outfile={work / 'schema.mjs'}",
    )  # fmt: skip
    # A project without a node_modules of its own has its packages from the toolchain, as when it is pushed.
    env = {"NODE_PATH": str(toolchain / "node_modules")}
    ended = await run(argv, cwd=folder, env=env, on_line=take, limit=LIMIT)
    if ended.code == 0:
        return
    if ended.timed_out:
        raise SchemaBroken(Problem(f"Bundling it did not end within {LIMIT:.0f} s.", file))
    _, _, problems = output.judge(ended)
    errors = [line.partition("[ERROR]")[2].strip() for line in said if "[ERROR]" in line]
    raise SchemaBroken(problems[0] if problems else Problem((errors or ["It cannot be bundled."])[0], file))


async def _evaluate(node: Node, folder: Path, file: str, work: Path) -> Schema:
    """Raises SchemaBroken."""
    permission = "--experimental-permission" if node.version.startswith("20.") else "--permission"
    result = work / "result.json"
    argv = (
        str(node.path), permission, f"--allow-fs-read={work}", f"--allow-fs-write={result}",
        "--no-warnings", "--enable-source-maps", str(work / "evaluate.mjs"),
        str(work / "schema.mjs"), str(result),
    )  # fmt: skip
    ended = await run(argv, cwd=work, env={}, on_line=_unheard, limit=LIMIT)
    if ended.timed_out:
        raise SchemaBroken(Problem(f"Evaluating it did not end within {LIMIT:.0f} s.", file))
    answer = await asyncio.to_thread(_answer, result)
    if isinstance(answer.get("error"), str):
        raise SchemaBroken(_problem(answer, folder, file))
    try:
        return read_schema(answer["schema"])
    except (KeyError, SchemaUnreadable) as error:
        raise SchemaBroken(Problem("It did not give a schema.", file)) from error


def _unheard(_line: str) -> None:
    """What a schema prints while it is evaluated concerns nobody."""


def _answer(result: Path) -> dict[str, Any]:
    """What the child has written; {} when that is nothing of use: the project's code can write there too."""
    try:
        with result.open("rb") as file:
            answer = json.loads(file.read(_LARGEST))
    except (OSError, ValueError, RecursionError):
        return {}
    return answer if isinstance(answer, dict) else {}


def _problem(answer: dict[str, Any], folder: Path, file: str) -> Problem:
    message = redact(visible(answer["error"]))[:500]
    root = os.path.realpath(folder)
    for frame in _FRAME.finditer(str(answer.get("stack", ""))):
        path = os.path.normpath(frame["file"])
        if path.startswith(f"{root}{os.sep}") and "node_modules" not in path:
            return Problem(message, path[len(root) + 1 :], int(frame["line"]), int(frame["column"]))
    return Problem(message, file)
