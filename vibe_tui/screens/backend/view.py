"""Everything the backend dialog shows, as one frozen value."""

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


@dataclass(frozen=True, slots=True)
class Step:
    title: str
    state: Literal["waiting", "doing", "done"]


@dataclass(frozen=True, slots=True)
class NotConnectedView:
    ways: tuple[Way, ...]
    chosen: str
    """The id of a way."""
    reason: str = ""
    """Why the last try failed; "" when there was none."""
    next_step: str = ""


@dataclass(frozen=True, slots=True)
class ConnectingView:
    steps: tuple[Step, ...]
    link: str = ""
    """The sign-in link, while the user has to consent."""
    opened: bool = False
    """Whether a browser took the link."""
    can_approve: bool = False
    seconds_left: int = 0
    note: str = ""
    """A problem that did not end the sign-in, e.g. a refused paste."""


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
    note: str = ""


@dataclass(frozen=True, slots=True)
class DisconnectingView:
    steps: tuple[str, ...]
    """What was done so far, one line each."""


BackendView = NotConnectedView | ConnectingView | ConnectedView | DisconnectingView
