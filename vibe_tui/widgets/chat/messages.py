"""What the chat tells the presenter. Reachable as ChatPanel.PromptSent and so on."""

from __future__ import annotations

from dataclasses import dataclass

from textual.message import Message


@dataclass
class PromptSent(Message):
    text: str


@dataclass
class PlanAnswered(Message):
    plan_id: str
    """What `add_plan` gave."""
    approved: bool


@dataclass
class FileOpened(Message):
    """Show the file in the editor."""

    path: str


@dataclass
class ProblemChosen(Message):
    path: str
    line: int
    """From 1; 0: the file as a whole."""


@dataclass
class OfferTaken(Message):
    action_id: str
    """What `offer` was given."""


@dataclass
class StopRequested(Message):
    pass
