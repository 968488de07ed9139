"""What the Backend screen says instead of a tab while its deployment is not reached. Pure functions."""

from __future__ import annotations

import math
from dataclasses import dataclass

from vibe_tui.screens.dashboard.connection import Gone, NeedsSignIn, Reaching, Trying, Unreachable
from vibe_tui.services.errors import VibeError
from vibe_tui.services.model import Connected
from vibe_tui.services.terminal_text import visible

_PLACES = {
    "emulator": "emulated Convex on this computer",
    "cloud": "Convex cloud",
    "self-hosted": "a Convex backend of your own",
}


@dataclass(frozen=True, slots=True)
class CoverView:
    """buttons: action id and label of each."""

    title: str
    body: str
    bad: bool = False
    buttons: tuple[tuple[str, str], ...] = ()


_AGAIN = ("backend_try_now", "Try now")
_BACK = ("backend_close", "Back to the project")


def cover_of(state: Reaching, connection: Connected, now: float) -> CoverView | None:
    """None: the deployment is reached. now: by the monotonic clock."""
    where = f"{visible(connection.deployment)}, {place_of(connection)}"
    match state:
        case Trying(line=line):
            return CoverView(f"Connecting to {where} …", visible(line))
        case Unreachable(problem=problem, retry_at=retry_at):
            seconds = max(0, math.ceil(retry_at - now))
            said = f"{sentence(problem)}\n\nTrying again in {seconds} s."
            return CoverView(f"Unreachable: {where}", said, True, (_AGAIN, _BACK))
        case NeedsSignIn(problem=problem):
            said = (
                f"{problem.message}\n\nSign in again: the connection is repaired with a new key, "
                "and the project and its data stay as they are."
            )
            buttons = (("backend_sign_in", "Sign in again"), _AGAIN, _BACK)
            return CoverView(f"The key was refused: {where}", said, True, buttons)
        case Gone(problem=problem):
            said = f"{problem.message}\n\nDisconnect and connect again for a new deployment. The code stays."
            return CoverView(
                f"The deployment is gone: {where}",
                said,
                True,
                (("backend_sign_in", "Show the connection"), _AGAIN, _BACK),
            )
        case _:
            return None


def place_of(connection: Connected) -> str:
    return _PLACES.get(connection.backend, connection.backend)


def sentence(problem: VibeError) -> str:
    return f"{problem.message} {problem.next_step}".rstrip()
