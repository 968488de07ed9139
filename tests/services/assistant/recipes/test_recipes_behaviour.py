"""What recipes write does what they say, under convex-test. The scenarios are JavaScript: see behave.py."""

from __future__ import annotations

from pathlib import Path

import pytest

from .behave import behave
from .prompts import ALL, AUTH
from .trees import Tree, carry_out, template

_SCENARIOS = Path(__file__).parent / "scenarios"


def scenarios(folder: str) -> list[str]:
    found = sorted(path.stem for path in (_SCENARIOS / folder).glob("*.js"))
    assert found
    return found


@pytest.fixture(scope="module")
def whole() -> Tree:
    return carry_out(template(), [prompt for prompt in ALL if prompt != AUTH])


@pytest.mark.parametrize("name", scenarios("anybody"))
def test_without_signing_in(name: str, whole: Tree, tmp_path: Path, toolchain: Path) -> None:
    scenario = (_SCENARIOS / "anybody" / f"{name}.js").read_text()
    behave(whole, scenario, tmp_path, toolchain / "node_modules")


@pytest.mark.slow
@pytest.mark.parametrize("order", ["auth last", "auth first"])
@pytest.mark.parametrize("name", scenarios("signed_in"))
def test_with_signing_in(name: str, order: str, tmp_path: Path, checks: Path) -> None:
    others = [prompt for prompt in ALL if prompt != AUTH]
    prompts = [AUTH, *others] if order == "auth first" else [*others, AUTH]
    scenario = (_SCENARIOS / "signed_in" / f"{name}.js").read_text()
    behave(carry_out(template(), prompts), scenario, tmp_path, checks)
