"""What TypeScript and Convex's lint rules say of many projects at once."""

from __future__ import annotations

import json
import posixpath
import re
import subprocess
from collections.abc import Mapping
from pathlib import Path

from .generated import write_generated
from .trees import Tree, template, write_tree

_ALIAS = re.compile(r'(from ")@/')


def write_projects(trees: Mapping[str, Tree], folder: Path, modules: Path, **generated: str) -> None:
    """Every tree in a folder of its own, checked as one program with the project's own options."""
    for name, tree in trees.items():
        write_tree({path: _relative(path, text) for path, text in tree.items()}, folder / name)
        write_generated(folder / name / "convex", **generated)
    options = re.sub(r"^\s*//.*$", "", template()["tsconfig.json"], flags=re.M)
    config = json.loads(options)
    del config["compilerOptions"]["paths"]
    config["compilerOptions"]["types"] = ["node"]
    config["include"] = ["*/**/*.ts", "*/**/*.tsx"]
    (folder / "tsconfig.json").write_text(json.dumps(config))
    (folder / "node_modules").symlink_to(modules)


def _relative(path: str, text: str) -> str:
    """A program of many projects has one alias only, so that imports are written out."""
    if not path.endswith((".ts", ".tsx")):
        return text
    up = posixpath.relpath(".", posixpath.dirname(path) or ".")
    return _ALIAS.sub(rf"\g<1>{up}/", text)


def type_errors(folder: Path, package: str) -> str:
    """What tsc of the npm package (typescript or typescript7) says; "" when all is well."""
    ended = subprocess.run(
        ["node", f"node_modules/{package}/bin/tsc", "-p", "."],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=280,
    )
    return ended.stdout + ended.stderr if ended.returncode else ""


_LINT = """\
import convex from "@convex-dev/eslint-plugin";
import parser from "@typescript-eslint/parser";

export default [
  { ignores: ["**/_generated/**"] },
  {
    files: ["**/convex/**/*.ts"],
    languageOptions: { parser, parserOptions: { projectService: false, project: "./tsconfig.json" } },
    linterOptions: { reportUnusedDisableDirectives: "error" },
  },
  ...convex.configs.recommended,
];
"""


def lint_problems(folder: Path, *names: str) -> str:
    """What Convex's rules say of the convex folders of these projects; "" when all is well."""
    (folder / "eslint.config.mjs").write_text(_LINT)
    ended = subprocess.run(
        [
            "node",
            "node_modules/eslint/bin/eslint.js",
            "--max-warnings=0",
            *(f"{name}/convex" for name in names),
        ],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=280,
    )
    return ended.stdout + ended.stderr if ended.returncode else ""
