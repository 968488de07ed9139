"""Every pair of recipes, in both orders: TypeScript in strict mode and Convex's lint rules have "
"nothing to say."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from .checks import lint_problems, type_errors, write_projects
from .generated import DECLARED_ENV
from .prompts import ALL, AUTH
from .trees import Tree, carry_out, template

WHOLE = {"whole": ALL, "reversed": ALL[::-1], "auth-first": (AUTH, *ALL), "auth-last": (*ALL, AUTH)}


def distinct(trees: dict[str, Tree]) -> dict[str, Tree]:
    """Without those that are the same as another: many orders end in the same project."""
    return dict({json.dumps(tree, sort_keys=True): (name, tree) for name, tree in trees.items()}.values())


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_every_pair_in_both_orders(tmp_path: Path, checks: Path) -> None:
    new = template()
    first = {prompt: carry_out(new, [prompt]) for prompt in ALL}
    pairs = {
        f"p{a:02}-{b:02}": carry_out(first[one], [other])
        for a, one in enumerate(ALL)
        for b, other in enumerate(ALL)
    }
    assert len(pairs) == len(ALL) ** 2
    write_projects(distinct(pairs), tmp_path, checks)
    assert type_errors(tmp_path, "typescript7") == ""


@pytest.mark.slow
def test_all_of_them_together(tmp_path: Path, checks: Path) -> None:
    trees = {name: carry_out(template(), prompts) for name, prompts in WHOLE.items()}
    write_projects(trees, tmp_path, checks, env=DECLARED_ENV)
    assert type_errors(tmp_path, "typescript7") == ""
    assert type_errors(tmp_path, "typescript") == ""
    assert lint_problems(tmp_path, *WHOLE) == ""


@pytest.mark.slow
def test_the_checks_find_what_is_wrong(tmp_path: Path, checks: Path) -> None:
    tree = carry_out(template(), ALL)
    wrong = {
        "table": tree
        | {"convex/messages.ts": tree["convex/messages.ts"].replace('insert("messages"', 'insert("x"')},
        "screen": tree
        | {"app/messages.tsx": tree["app/messages.tsx"].replace("messages.list", "messages.no")},
        "lint": tree
        | {"convex/old.ts": 'import { query } from "./_generated/server";\nexport const a = query(() => 1);'},
    }
    write_projects(wrong, tmp_path, checks)
    errors = type_errors(tmp_path, "typescript7")
    assert "table/convex/messages.ts" in errors
    assert "screen/app/messages.tsx" in errors
    assert "require-args-validator" in lint_problems(tmp_path, "lint")


def test_without_signing_in_with_the_product_s_own_tools(tmp_path: Path, toolchain: Path) -> None:
    """The same for convex/, quickly: what needs no more packages than every project has."""
    prompts = [prompt for prompt in ALL if prompt != AUTH]
    trees = {"whole": carry_out(template(), prompts), "reversed": carry_out(template(), prompts[::-1])}
    convex = {
        name: {path: text for path, text in tree.items() if path.startswith("convex/")}
        for name, tree in trees.items()
    }
    write_projects(convex, tmp_path, toolchain / "node_modules")
    assert type_errors(tmp_path, "typescript") == ""
