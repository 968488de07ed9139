"""From the services' states to what the header, the status bar and the dialog show. Pure functions."""

from __future__ import annotations

from vibe_tui.screens.backend.view import (
    ConnectedView,
    ConnectingView,
    NotConnectedView,
    Step,
    Tone,
    Way,
)
from vibe_tui.screens.backend.wishes import Connect
from vibe_tui.screens.project.sign_in import SignInShown
from vibe_tui.services.convex.connect import LONGEST_NAME
from vibe_tui.services.convex.given_key import STEPS as KEY_STEPS
from vibe_tui.services.convex.journal import STEPS, Begun
from vibe_tui.services.errors import VibeError
from vibe_tui.services.http_errors import SignedOut
from vibe_tui.services.model import (
    Connected,
    Connecting,
    Connection,
    DevServerState,
    Failed,
    Problem,
)
from vibe_tui.widgets.header_bar import Tone as HeaderTone

PLACES = {
    "emulator": "emulated Convex on this computer",
    "cloud": "Convex cloud",
    "self-hosted": "a Convex backend of your own",
    "local-backend": "Convex's local backend on this computer",
}
_TONES: dict[str, Tone] = {
    "stopped": "plain",
    "starting": "busy",
    "pushing": "busy",
    "running": "good",
    "failed": "bad",
    "unreachable": "bad",
}


def header_label(state: Connection, *, live: bool) -> tuple[str, HeaderTone]:
    """live: somebody is connecting right now; otherwise `Connecting` means that it was cut off."""
    match state:
        case Connected():
            return "Convex Connected", "good"
        case Connecting() if live:
            return f"Connecting {state.step}/{state.of}", "busy"
        case Connecting(step=step) if step > 1:
            return "Finish connecting", "bad"
        case Failed():
            return f"{state.step} failed", "bad"
        case _:
            return "Connect Backend", "idle"


def dev_server_segment(state: DevServerState) -> tuple[str, Tone, Problem | None]:
    text, problem = f"dev server {state.status}", None
    push = state.last_push
    if push is not None and state.status == "running":
        text += f", last push {push.seconds:.1f} s"
    if push is not None and not push.ok and state.status in ("failed", "unreachable"):
        problem = next((problem for problem in push.problems if problem.file), None)
        text = f"push {push.result}: {push.reason}"
    elif push is not None and push.result == "failed" and state.status == "stopped":
        problem = next((problem for problem in push.problems if problem.file), None)
        text = f"dev server stopped, last push failed: {push.reason}"
        return text, "bad", problem
    return text, _TONES[state.status], problem


def not_connected_view(
    state: Connection,
    ways: tuple[Way, ...],
    begun: Begun | None,
    problem: VibeError | None,
    *,
    tried: Connect,
    teams: tuple[str, ...] = (),
) -> NotConnectedView:
    """problem: why the last try failed, when the state does not say so: nothing was begun then.

    tried: what the user chose last.
    """
    reason, next_step, code = (problem.message, problem.next_step, problem.code) if problem else ("", "", "")
    made = begun is not None and begun.made
    match state:
        case Failed():
            reason, next_step, code = f"{state.step}: {state.reason}", state.next_step, state.code
        case Connecting() if made:
            reason = f"Connecting was interrupted at step {state.step} of {state.of}, {state.title}."
            next_step = "Try again finishes it; nothing is made twice."
        case Connecting() if begun and not reason:
            reason, next_step = "Connecting was not finished: nobody signed in.", "Nothing was made."
    if begun is not None and made:
        ways = tuple(way for way in ways if _may_finish(way, begun))
    known = [way.id for way in ways]
    chosen = [tried.way, begun.way if begun else "", known[0]]
    action = "Sign in again" if code in _SIGNED_OUT else "Try again" if reason else "Connect to Convex"
    return NotConnectedView(
        ways,
        next(way for way in chosen if way in known),
        name=tried.name[:LONGEST_NAME],
        team=tried.team,
        pick=tried.pick,
        address=tried.address,
        longest_name=LONGEST_NAME,
        teams=teams,
        begun=begun.project if begun and made else "",
        leaving=bool(begun and begun.leaving),
        reason=reason,
        next_step=next_step,
        action=action,
    )


_SIGNED_OUT = (SignedOut.code,)


def _may_finish(way: Way, begun: Begun) -> bool:
    """What was begun at one platform is finished there; how one signs in to it does not matter."""
    if begun.backend == "cloud" and way.makes_project:
        return way.id != "emulator"
    return way.id == begun.way


def connecting_view(
    state: Connecting | None, shown: SignInShown | None, *, can_approve: bool
) -> ConnectingView:
    at = state.step if state is not None else 1
    titles = STEPS if state is None or state.of == len(STEPS) else KEY_STEPS
    steps = tuple(
        Step(
            state.title if state is not None and number == at else title,
            "done" if number < at else "doing" if number == at else "waiting",
        )
        for number, title in enumerate(titles, 1)
    )
    if shown is None:
        return ConnectingView(steps)
    if at > 1 and not shown.answer:  # whatever was wrong with the sign-in does not matter any more
        return ConnectingView(steps, waiting=shown.waiting)
    return ConnectingView(
        steps,
        link="" if shown.answer else shown.link,
        opened=shown.opened,
        can_approve=can_approve,
        seconds_left=shown.seconds_left,
        question=shown.question,
        answer=shown.answer,
        note=shown.note,
        waiting=shown.waiting,
    )


def connected_view(
    state: Connected,
    dev_server: DevServerState,
    note: str,
    *,
    refused: VibeError | None,
    has_screen: bool,
) -> ConnectedView:
    text, tone, _ = dev_server_segment(dev_server)
    return ConnectedView(
        project=state.project or state.deployment,
        team=state.team,
        place=PLACES[state.backend],
        deployment=state.deployment,
        key=state.key_reach,
        dev_server=text.removeprefix("dev server ").capitalize(),
        tone=tone,
        running=dev_server.armed,
        pushing=dev_server.status in ("starting", "pushing"),
        dashboard=state.dashboard_url,
        refused=refused.message if refused is not None else "",
        has_screen=has_screen,
        note=note,
    )
