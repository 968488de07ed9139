"""Runs a project's functions under convex-test, in Node, with a scenario written in JavaScript."""

from __future__ import annotations

import subprocess
from pathlib import Path

from .generated import write_generated
from .trees import Tree, write_tree

_ENTRY = """\
import assert from "node:assert/strict";
import {{ convexTest }} from "convex-test";
import {{ api, internal }} from "./convex/_generated/api.js";
import schema from "./convex/schema";

process.env.CONVEX_SITE_URL = "https://happy-animal-1.convex.site";
const modules = {{
{modules}
}};
/** A backend of its own. */
const backend = () => convexTest(schema, modules);
/** Refused with a sentence that fits. */
const refused = (promise, sentence) => assert.rejects(promise, sentence);

{scenario}
"""
_BUILD = (
    "--bundle", "--platform=node", "--format=esm", "--log-level=error", "--outfile=scenario.mjs",
    # What is CommonJS in the bundle may ask for Node's own modules.
    "--banner:js=import { createRequire } from 'node:module'; const require = "
    "createRequire(import.meta.url);",
)  # fmt: skip


def behave(tree: Tree, scenario: str, folder: Path, modules: Path) -> None:
    """Fails when the scenario does. It has `backend()`, `api`, `internal`, `assert` and `refused`."""
    write_tree(tree, folder)
    convex = folder / "convex"
    write_generated(convex)
    (folder / "node_modules").symlink_to(modules)
    names = [path.relative_to(folder) for path in sorted(convex.rglob("*")) if path.suffix in (".ts", ".js")]
    table = "\n".join(
        f'  "./{name}": () => import("./{name}"),' for name in names if not name.name.endswith(".d.ts")
    )
    (folder / "scenario.ts").write_text(_ENTRY.format(modules=table, scenario=scenario))
    for argv in (
        ("node", "node_modules/esbuild/bin/esbuild", "scenario.ts", *_BUILD),
        ("node", "scenario.mjs"),
    ):
        ended = subprocess.run(argv, cwd=folder, capture_output=True, text=True, timeout=60)
        assert ended.returncode == 0, ended.stdout + ended.stderr
