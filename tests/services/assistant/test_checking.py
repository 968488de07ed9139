"""What is found before anything is pushed: types, and Convex's rules as advice."""

from __future__ import annotations

import asyncio
import os
import subprocess
from pathlib import Path

import pytest

from vibe_tui.services.assistant.lint import lint
from vibe_tui.services.assistant.typecheck import typecheck
from vibe_tui.services.sandbox.local import LocalSandbox
from vibe_tui.services.working_tree import WorkingTree

CONFIG = (
    '{"compilerOptions": {"strict": true, "noEmit": true, "skipLibCheck": true, "module": "ESNext", '
    '"target": "ESNext", "moduleResolution": "Bundler", "types": []}, "include": ["./**/*"]}'
)
API = 'import type * as notes from "../notes.js";\nexport declare const api: { notes: typeof notes };\n'
SERVER = 'export { queryGeneric as query } from "convex/server";\n'
NOTES = (
    'import { query } from "./_generated/server";\n\n'
    "export const all = query({ handler: async (ctx) => ctx.db.query('notes').collect() });\n"
)


@pytest.fixture
def tree(tmp_path: Path) -> WorkingTree:
    files = WorkingTree(tmp_path / "app")
    files.folder.mkdir()
    files.write("convex/tsconfig.json", CONFIG)
    files.write("convex/notes.ts", NOTES)
    files.write("convex/_generated/api.d.ts", API)
    files.write("convex/_generated/server.d.ts", SERVER)
    return files


def sandbox(tree: WorkingTree, toolchain: Path) -> LocalSandbox:
    return LocalSandbox(tree.folder, node_setting="", toolchain_folder=toolchain.parent, environ=os.environ)


async def test_types_are_checked_where_the_generated_ones_are_of_these_modules(
    tree: WorkingTree, toolchain: Path
) -> None:
    here = sandbox(tree, toolchain)
    lines: list[str] = []
    await here.prepare(lines.append)
    assert await typecheck(tree, here, lines.append) is None
    assert lines == ["$ npx tsc --noEmit --project convex"]

    tree.write("convex/notes.ts", f"{NOTES}export const x: string = 1;\n")
    failed = await typecheck(tree, here, lines.append)
    assert failed is not None
    assert (failed.result, failed.ok) == ("failed", False)
    [problem] = failed.problems
    assert (problem.file, problem.line) == ("convex/notes.ts", 4)
    assert problem.message.startswith("TS2322")

    # Nothing that Convex has generated knows the new module: only a push can tell what is wrong.
    tree.write("convex/tasks.ts", NOTES)
    assert await typecheck(tree, here, lines.append) is None
    await here.close()


async def test_without_generated_types_nothing_is_claimed(tree: WorkingTree, toolchain: Path) -> None:
    tree.write("convex/notes.ts", "export const x: string = 1;\n")
    tree.delete("convex/_generated/api.d.ts")
    here = sandbox(tree, toolchain)
    await here.prepare(print)
    assert await typecheck(tree, here, print) is None
    assert await lint(tree, here) == ()
    await here.close()


@pytest.mark.slow
async def test_the_rules_of_convex_are_advice_and_never_run_the_projects_own_configuration(
    tree: WorkingTree, toolchain: Path
) -> None:
    packages = ("eslint@10.15.0", "@typescript-eslint/parser@8.73.0", "@convex-dev/eslint-plugin@5.0.0")
    tree.write(
        "package.json", '{"private": true, "dependencies": {"convex": "1.48.0", "typescript": "5.9.3"}}'
    )
    argv = ("npm", "install", "--ignore-scripts", "--no-audit", "--no-fund", *packages)
    await asyncio.to_thread(
        subprocess.run, argv, cwd=tree.folder, check=True, capture_output=True, timeout=200
    )
    tree.write(
        "eslint.config.mjs", 'import fs from "node:fs"; fs.writeFileSync("PWNED", ""); export default [];\n'
    )
    here = sandbox(tree, toolchain)
    await here.prepare(print)
    [advice] = await lint(tree, here)
    assert advice.startswith("convex/notes.ts:3: ")
    assert "@convex-dev/" in advice
    assert not tree.exists("PWNED")
    await here.close()
