"""What a chat turn tells those who follow it: plain, frozen data, in the order in which it happened."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from vibe_tui.services.model import Push

Outcome = Literal["done", "refused", "failed", "cancelled"]


@dataclass(frozen=True, slots=True)
class TurnStarted:
    prompt: str
    assistant: str
    """Who answers, by the name that is on the screen, e.g. "Built-in recipes (no AI key)"."""


@dataclass(frozen=True, slots=True)
class TurnText:
    """Something the assistant says: plain text, several lines."""

    text: str


@dataclass(frozen=True, slots=True)
class TurnPlan:
    """What is going to be done; the approval is asked for right after it."""

    title: str
    steps: tuple[str, ...]
    assumptions: tuple[str, ...]
    """What the prompt left open, how it was read, and how to say it otherwise."""


@dataclass(frozen=True, slots=True)
class FileWritten:
    path: str
    """Relative to the working tree, POSIX separators."""
    added: int
    removed: int
    """Lines."""
    diff: str
    """Unified, without the two file lines."""
    created: bool


@dataclass(frozen=True, slots=True)
class TextPiece:
    """More of what a model is saying; a TurnText with the whole of it follows."""

    text: str
    reasoning: bool = False


@dataclass(frozen=True, slots=True)
class ToolStarted:
    """The model writes a call; or, told again with a better title, it is being carried out."""

    call: str
    """Unique in the turn. It has not ended when the turn was stopped."""
    title: str
    """E.g. "Reading convex/schema.ts"."""


@dataclass(frozen=True, slots=True)
class ToolEnded:
    call: str
    ok: bool
    title: str
    """E.g. "Read convex/schema.ts, lines 1 to 80", or why it was refused."""


@dataclass(frozen=True, slots=True)
class FileDeleted:
    path: str
    removed: int
    """Lines."""
    diff: str


@dataclass(frozen=True, slots=True)
class ModelWaits:
    """The model is asked again in so many seconds."""

    seconds: float
    reason: str


@dataclass(frozen=True, slots=True)
class Repairing:
    """A failed push goes back to the model."""

    round: int
    of: int


@dataclass(frozen=True, slots=True)
class TokensUsed:
    """What the turn has used so far; None: the provider does not tell."""

    prompt: int | None
    completion: int | None
    cost: float | None = None
    """US dollars."""


@dataclass(frozen=True, slots=True)
class Checkpointed:
    """The tree as it was before the turn can be returned to."""

    checkpoint: str


@dataclass(frozen=True, slots=True)
class Deploying:
    pass


@dataclass(frozen=True, slots=True)
class Deployed:
    push: Push


@dataclass(frozen=True, slots=True)
class DeployFailed:
    """A push, or the check of the types before it, failed. Either the model repairs it (a Repairing
    follows, or it asked for the check itself), or the error is the user's."""

    push: Push


@dataclass(frozen=True, slots=True)
class DeployOffered:
    """The files are written and nothing was pushed."""

    reason: str


@dataclass(frozen=True, slots=True)
class TurnFailed:
    """The assistant refused, or something went wrong; a TurnEnded follows."""

    reason: str
    next_step: str


@dataclass(frozen=True, slots=True)
class TurnEnded:
    """Always the last event, unless whoever ran the turn cancelled it.

    outcome: "done": all written and, where a push was due, deployed; "refused": the assistant would
    not do it; "failed": something went wrong on the way; "cancelled": the plan was not approved.
    """

    outcome: Outcome
    changed: tuple[str, ...]
    """The paths that were written, also when the turn failed later."""


TurnEvent = (
    TurnStarted
    | TurnText
    | TurnPlan
    | FileWritten
    | FileDeleted
    | TextPiece
    | ToolStarted
    | ToolEnded
    | ModelWaits
    | Repairing
    | TokensUsed
    | Checkpointed
    | Deploying
    | Deployed
    | DeployFailed
    | DeployOffered
    | TurnFailed
    | TurnEnded
)
