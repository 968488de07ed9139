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
from vibe_tui.screens.project.sign_in import SignInShown
from vibe_tui.services.convex.journal import STEPS
from vibe_tui.services.errors import VibeError
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
    state: Connection, ways: tuple[Way, ...], problem: VibeError | None
) -> NotConnectedView:
    """problem: why the last try failed, when the state does not say so: nothing was begun then."""
    reason, next_step = (problem.message, problem.next_step) if problem else ("", "")
    match state:
        case Failed():
            reason, next_step = f"{state.step}: {state.reason}", state.next_step
        case Connecting(step=step) if step > 1:
            reason = f"Connecting was interrupted at step {state.step} of {state.of}, {state.title}."
            next_step = "Try again finishes it; nothing is made twice."
    return NotConnectedView(ways, ways[0].id, reason, next_step)


def connecting_view(
    state: Connecting | None, shown: SignInShown | None, *, can_approve: bool
) -> ConnectingView:
    at = state.step if state is not None else 1
    steps = tuple(
        Step(title, "done" if number < at else "doing" if number == at else "waiting")
        for number, title in enumerate(STEPS, 1)
    )
    if shown is None or at > 1:
        return ConnectingView(steps)
    return ConnectingView(
        steps,
        link=shown.link,
        opened=shown.opened,
        can_approve=can_approve,
        seconds_left=shown.seconds_left,
        note=shown.note,
    )


def connected_view(state: Connected, dev_server: DevServerState, note: str) -> ConnectedView:
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
        note=note,
    )
