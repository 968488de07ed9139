"""What the status bar says of the sandbox."""

from __future__ import annotations

import time

import pytest

from vibe_tui.screens.project.sandbox_presenter import segment
from vibe_tui.services.sandbox.state import HERE, SandboxState

ENDS = time.mktime((2026, 11, 23, 14, 32, 0, 0, 0, -1))


@pytest.mark.parametrize(
    ("state", "shown"),
    [
        (HERE, ("this computer", "plain")),
        (SandboxState("off"), ("E2B: not running", "plain")),
        (SandboxState("creating"), ("E2B: creating", "busy")),
        (SandboxState("waking", sending=(200, 2000)), ("E2B: waking 200 of 2,000 files", "busy")),
        (SandboxState("running", "sbx", ends=ENDS), ("E2B: running until 14:32", "good")),
        (SandboxState("paused", "sbx"), ("E2B: paused", "plain")),
        (SandboxState("reconnecting", "sbx", reason="No answer."), ("E2B: reconnecting", "busy")),
        (SandboxState("gone", "sbx"), ("E2B: gone, made anew when needed", "bad")),
        (SandboxState("failed", reason="No key. Set E2B_API_KEY."), ("E2B: No key. Set E2B_API_KEY.", "bad")),
    ],
)
def test_the_segment(state: SandboxState, shown: tuple[str, str]) -> None:
    assert segment(state) == shown
