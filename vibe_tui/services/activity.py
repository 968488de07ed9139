"""What happened in a project, in plain sentences: the activity log."""

from __future__ import annotations

from vibe_tui.services.assistant.events import (
    DeployOffered,
    FileWritten,
    TurnEnded,
    TurnEvent,
    TurnFailed,
    TurnStarted,
)
from vibe_tui.services.chat import Chat, ChatState
from vibe_tui.services.checkpoints import Restored
from vibe_tui.services.convex.backend import Backend, StepDone
from vibe_tui.services.convex.dev_server import DevServer, DevServerEvent, PushFinished
from vibe_tui.services.log_store import LogStore
from vibe_tui.services.model import Connected, Connecting, Connection, DevServerState, Failed, Push
from vibe_tui.services.terminal_text import visible
from vibe_tui.services.undo import Undo, UndoState

_ENDED = {"refused": "did not do it", "failed": "failed", "cancelled": "was not approved"}


class Activity:
    """Follows the parts of one workspace and writes down what they did."""

    def __init__(
        self, log: LogStore, backend: Backend, dev_server: DevServer, chat: Chat, undo: Undo
    ) -> None:
        self._log = log
        self._armed = False
        backend.subscribe(self._backend)
        dev_server.subscribe(self._dev_server)
        chat.subscribe(self._chat)
        undo.subscribe(self._undo)

    def _say(self, text: str) -> None:
        self._log.append([text])

    def _backend(self, what: Connection | StepDone) -> None:
        match what:
            case Connecting():
                self._say(f"Connecting {what.step}/{what.of}: {what.title}")
            case Connected():
                self._say(f"Connected to the deployment {what.deployment}")
            case Failed():
                self._say(f"✗ {what.step}: {what.reason}")
            case StepDone(step=step):
                self._say(f"{'✓' if step.ok else '✗'} {step.title}{'' if step.ok else ': ' + step.reason}")

    def _dev_server(self, what: DevServerState | DevServerEvent) -> None:
        if isinstance(what, PushFinished):
            self._say(pushed(what.push))
        elif isinstance(what, DevServerState) and what.armed != self._armed:
            self._armed = what.armed
            self._say("Dev server started" if what.armed else "Dev server stopped")

    def _chat(self, what: ChatState | TurnEvent) -> None:
        match what:
            case TurnStarted(prompt=prompt):
                self._say(f"Asked: {visible(prompt)}")
            case FileWritten():
                # U+2212, as on the page: the width of a plus
                counts = f"+{what.added} \N{MINUS SIGN}{what.removed}"
                self._say(f"{'Created' if what.created else 'Changed'} {visible(what.path)}  {counts}")
            case TurnFailed(reason=reason):
                self._say(f"✗ {reason}")
            case DeployOffered(reason=reason):
                self._say(reason)
            case TurnEnded(outcome=outcome) if outcome in _ENDED:
                self._say(f"The assistant {_ENDED[outcome]}")

    def _undo(self, what: UndoState | Restored) -> None:
        if isinstance(what, Restored):
            number = len(what.changed)
            files = "1 file" if number == 1 else f"{number} files"
            self._say(f"Back to the files {what.checkpoint.label}: {files}")


def pushed(push: Push) -> str:
    """A finished push as one line."""
    if push.ok:
        return f"✓ Deployed in {push.seconds:.1f} s"
    problem = next((problem for problem in push.problems if problem.file), None)
    place = f" at {problem.file}:{problem.line}" if problem else ""
    return f"✗ Push {push.result}: {push.reason}{place}"
