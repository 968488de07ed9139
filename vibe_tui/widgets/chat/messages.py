"""What the chat tells the presenter. Reachable as ChatPanel.PromptSent and so on."""

from __future__ import annotations

from dataclasses import dataclass

from textual.message import Message


class ChatMessage(Message):
    """Any of them."""


@dataclass(frozen=True, slots=True)
class Image:
    """A picture that goes with a prompt."""

    name: str
    size: int
    """Bytes."""
    url: str
    """data:"""


@dataclass
class PromptSent(ChatMessage):
    text: str
    images: tuple[Image, ...] = ()


@dataclass
class CommandSent(ChatMessage):
    """A line that began with a slash and the name of one of the commands."""

    name: str
    argument: str


@dataclass
class FilesWanted(ChatMessage):
    """Somebody begins to name a file with @; `offer_files` answers."""

    query: str


@dataclass
class ImagePasted(ChatMessage):
    """The path of a picture was pasted, as terminals do for a file that is dropped on them."""

    path: str


@dataclass
class OlderWanted(ChatMessage):
    """What was before the first entry; `add_older` answers."""


@dataclass
class CopyRequested(ChatMessage):
    text: str


@dataclass
class PlanAnswered(ChatMessage):
    plan_id: str
    """What `add_plan` gave."""
    approved: bool


@dataclass
class FileOpened(ChatMessage):
    """Show the file in the editor."""

    path: str


@dataclass
class ProblemChosen(ChatMessage):
    path: str
    line: int
    """From 1; 0: the file as a whole."""


@dataclass
class OfferTaken(ChatMessage):
    action_id: str
    """What `offer` was given."""


@dataclass
class StopRequested(ChatMessage):
    pass
