"""The mirror's policy, case by case."""

from __future__ import annotations

import pytest

from vibe_tui.services.sandbox.manifest import LEFT_ALONE
from vibe_tui.services.sandbox.reconcile import reconcile

OLD, MINE, ITS, GONE = "old", "mine", "its", ""


@pytest.mark.parametrize(
    ("here", "there", "agreed", "step"),
    [
        (OLD, OLD, OLD, "nothing"),
        (MINE, MINE, OLD, "agree"),
        (GONE, GONE, OLD, "agree"),
        (MINE, OLD, OLD, "send"),
        (MINE, GONE, GONE, "send"),
        (GONE, OLD, OLD, "remove there"),
        (OLD, ITS, OLD, "bring"),
        (GONE, ITS, GONE, "bring"),
        (OLD, GONE, OLD, "remove here"),
        (MINE, GONE, OLD, "send"),  # removed there, edited here: the edit stays
        (GONE, ITS, OLD, "bring"),  # removed here, edited there: the edit stays
        (MINE, ITS, OLD, "keep both"),
        (MINE, ITS, GONE, "keep both"),
        (LEFT_ALONE, ITS, OLD, "nothing"),
        (LEFT_ALONE, OLD, OLD, "nothing"),
    ],
)
def test_a_file_while_the_sandbox_is_watched(here: str, there: str, agreed: str, step: str) -> None:
    assert reconcile(here, there, agreed, was_ours=False, generated=False, trusted=True) == step


@pytest.mark.parametrize(
    ("here", "there", "was_ours", "step"),
    [
        (OLD, GONE, True, "send"),  # lost by the sandbox
        (MINE, GONE, True, "send"),
        (OLD, "older", True, "send"),  # the sandbox came back with a version from before
        (MINE, "older", True, "send"),
        (GONE, "older", True, "remove there"),
        (OLD, ITS, False, "bring"),  # an edit that was made while nobody watched
        (MINE, ITS, False, "keep both"),
    ],
)
def test_a_file_of_a_sandbox_that_was_away(here: str, there: str, was_ours: bool, step: str) -> None:
    assert reconcile(here, there, OLD, was_ours=was_ours, generated=False, trusted=False) == step


def test_of_generated_code_the_sandboxs_version_counts() -> None:
    assert reconcile(MINE, ITS, OLD, was_ours=False, generated=True, trusted=True) == "bring"
