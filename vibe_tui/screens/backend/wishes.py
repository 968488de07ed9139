"""What the user can want in the backend dialog."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

Plain = Literal[
    "cancel",
    "approve",
    "agree",
    "copy",
    "more",
    "back",
    "alternative",
    "dashboard",
    "backend-screen",
    "dev-server",
    "push",
    "sign-in-again",
    "disconnect",
]
"""Also the ids of the buttons that say so."""


@dataclass(frozen=True, slots=True)
class Connect:
    """way: its id; team: a slug, "" for the one that is signed in to; pick: an existing project."""

    way: str
    team: str = ""
    name: str = ""
    pick: bool = False
    address: str = ""


@dataclass(frozen=True, slots=True)
class Paste:
    """The address the browser ended at."""

    text: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Pasted:
    """Something stands in the field for the token or key, and was not sent yet."""

    text: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Give:
    """The token or key."""

    text: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Search:
    text: str


@dataclass(frozen=True, slots=True)
class Pick:
    """id: of a choice."""

    id: str


Wish = Connect | Paste | Pasted | Give | Search | Pick | Plain
