"""How much a turn may use, and how much it has used."""

from __future__ import annotations

from dataclasses import dataclass

from vibe_tui.services.assistant.chat_model import Usage
from vibe_tui.services.assistant.events import TokensUsed
from vibe_tui.services.errors import VibeError

IDENTICAL_CALLS = 3
"""In a row: the turn is stopped at this one."""


class LimitReached(VibeError):
    """The turn has used what it may use; what it wrote stays."""

    code = "limit_reached"


@dataclass(frozen=True, slots=True)
class Prices:
    """US dollars per million tokens."""

    prompt: float
    completion: float


@dataclass(frozen=True, slots=True)
class Limits:
    """Of one turn."""

    steps: int = 40
    """Requests to the model."""
    tokens: int | None = None
    """Of all requests together; None: no limit."""
    cost: float | None = None
    """US dollars; None: no limit. It needs prices."""


class Meter:
    """Counts what one turn uses."""

    def __init__(self, limits: Limits, prices: Prices | None) -> None:
        self._limits = limits
        self._prices = prices
        self._steps = 0
        self._prompt = 0
        self._completion = 0
        self._told = True

    def begin_step(self) -> int:
        """The number of the step, from 1. Raises LimitReached."""
        limits, used = self._limits, self.used
        if self._steps >= limits.steps:
            raise _reached(f"{limits.steps} steps")
        if limits.tokens is not None and self._prompt + self._completion >= limits.tokens:
            raise _reached(f"{limits.tokens:,} tokens")
        if limits.cost is not None and used.cost is not None and used.cost >= limits.cost:
            raise _reached(f"${limits.cost:.2f}")
        self._steps += 1
        return self._steps

    def add(self, usage: Usage | None, estimate: Usage) -> TokensUsed:
        """estimate: what counts against the limits where the provider does not tell."""
        self._told = self._told and usage is not None
        counted = usage or estimate
        self._prompt += counted.prompt
        self._completion += counted.completion
        return self.used

    @property
    def used(self) -> TokensUsed:
        if not self._told:
            return TokensUsed(None, None)
        cost = None
        if self._prices is not None:
            cost = (self._prompt * self._prices.prompt + self._completion * self._prices.completion) / 1e6
        return TokensUsed(self._prompt, self._completion, cost)


def _reached(limit: str) -> LimitReached:
    return LimitReached(
        f"The turn was stopped after {limit}, the limit of one turn.",
        next_step="Say “go on” to continue from here, or raise the limit in the settings.",
    )
