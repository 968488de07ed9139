"""Everything the backend dialog shows, as one frozen value. No secret is ever in it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Tone = Literal["plain", "busy", "good", "bad"]


@dataclass(frozen=True, slots=True)
class Way:
    """A way to connect."""

    id: str
    title: str
    needs: str
    """One line: what the user must have."""
    obstacle: str = ""
    """Why it cannot work on this computer, and what to do about it; "" when it can."""
    makes_project: bool = True
    """Whether a new or existing Convex project is asked for."""
    has_teams: bool = False
    """Whether a team can be chosen before signing in."""
    wants_address: bool = False


@dataclass(frozen=True, slots=True)
class Step:
    title: str
    state: Literal["waiting", "doing", "done"]


@dataclass(frozen=True, slots=True)
class NotConnectedView:
    ways: tuple[Way, ...]
    chosen: str
    """The id of a way."""
    name: str = ""
    """What a new Convex project is called, unless the user says otherwise."""
    team: str = ""
    pick: bool = False
    address: str = ""
    """These three as they were given last."""
    longest_name: int = 50
    teams: tuple[str, ...] = ()
    """The slugs of the teams that need no browser."""
    begun: str = ""
    """The Convex project that connecting has begun with: nothing else can be chosen then."""
    leaving: bool = False
    """Whether it is a disconnect that was begun."""
    reason: str = ""
    """Why the last try failed; "" when there was none."""
    next_step: str = ""
    action: str = "Connect to Convex"
    """What the button says."""


@dataclass(frozen=True, slots=True)
class ConnectingView:
    steps: tuple[Step, ...]
    link: str = ""
    """The sign-in link, while the user has to consent."""
    opened: bool = False
    """Whether a browser took the link."""
    can_approve: bool = False
    seconds_left: int = 0
    question: str = ""
    """What the user is asked, while the sign-in waits for it."""
    answer: Literal["", "secret", "yes"] = ""
    """How it is answered: with a token or key, or with a yes."""
    note: str = ""
    """A problem that did not end the sign-in, e.g. a refused paste."""
    waiting: str = ""
    """What nothing goes on for just now, and for how much longer."""


@dataclass(frozen=True, slots=True)
class Choice:
    id: str
    title: str
    detail: str = ""


@dataclass(frozen=True, slots=True)
class ChoosingView:
    """One of a list is to be chosen between signing in and making anything."""

    question: str
    choices: tuple[Choice, ...]
    searchable: bool = False
    more: bool = False
    """Whether there is another page."""
    loading: bool = False
    alternative: str = ""
    """What the button says that chooses none of them; "" when one must be chosen."""
    can_go_back: bool = False
    note: str = ""


@dataclass(frozen=True, slots=True)
class ConnectedView:
    project: str
    team: str
    place: str
    """Where the backend is, e.g. "emulated Convex on this computer"."""
    deployment: str
    key: str
    dev_server: str
    tone: Tone
    running: bool
    """Whether the button stops the dev server instead of starting it."""
    pushing: bool
    dashboard: str
    refused: str = ""
    """What the deployment said to the key, when it does not take it."""
    has_screen: bool = False
    """Whether the Backend screen can be opened."""
    note: str = ""


@dataclass(frozen=True, slots=True)
class DisconnectingView:
    steps: tuple[str, ...]
    """What was done so far, one line each."""


BackendView = NotConnectedView | ConnectingView | ChoosingView | ConnectedView | DisconnectingView
