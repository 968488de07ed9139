"""A chat turn as the command line shows it."""

from __future__ import annotations

from vibe_tui.cli.output import Output
from vibe_tui.cli.progress import push_line, tell
from vibe_tui.services.assistant.events import (
    Deployed,
    DeployFailed,
    DeployOffered,
    FileDeleted,
    FileWritten,
    ModelWaits,
    Repairing,
    TokensUsed,
    ToolEnded,
    TurnEnded,
    TurnEvent,
    TurnFailed,
    TurnPlan,
    TurnStarted,
    TurnText,
)
from vibe_tui.services.chat import ChatState
from vibe_tui.services.errors import VibeError
from vibe_tui.services.model import Push


class TurnOutput:
    """Prints a turn's events and keeps what the result is made of."""

    def __init__(self, output: Output) -> None:
        self._output = output
        self._tokens: TokensUsed | None = None
        self.push: Push | None = None
        """The last one."""
        self.failure: VibeError | None = None

    def take(self, what: ChatState | TurnEvent) -> None:
        tell(self._output, what)
        match what:
            case Deployed(push=push) | DeployFailed(push=push):
                self.push = push
            case TurnFailed(reason=reason, next_step=next_step):
                self.failure = VibeError(reason, next_step=next_step)
            case TokensUsed():
                self._tokens = what
        text = self._text(what)
        if text:
            self._output.say(text)

    def _text(self, what: ChatState | TurnEvent) -> str:
        match what:
            case TurnStarted(assistant=assistant):
                return f"{assistant}:"
            case TurnText(text=text):
                return text
            case TurnPlan():
                return "\n".join(_plan(what))
            case FileWritten():
                return f"✓ {what.path}  +{what.added} -{what.removed}\n{what.diff}"
            case FileDeleted():
                return f"✓ {what.path}  deleted"
            case ToolEnded(ok=ok, title=title):
                return f"{'·' if ok else '✗'} {title}"
            case ModelWaits(seconds=seconds, reason=reason):
                return f"{reason} Asking again in {seconds:.0f} s."
            case Repairing():
                return f"The errors go back to the model: repair {what.round} of {what.of}."
            case Deployed(push=push) | DeployFailed(push=push):
                return push_line(push)
            case DeployOffered(reason=reason):
                return f"The files are written. {reason}"
            case TurnEnded():
                return _tokens(self._tokens) if self._tokens is not None else ""
        return ""


def _plan(plan: TurnPlan) -> list[str]:
    return [
        f"Plan: {plan.title}",
        *(f"  {number}. {step}" for number, step in enumerate(plan.steps, 1)),
        *(f"  Assumed: {assumption}" for assumption in plan.assumptions),
    ]


def _tokens(used: TokensUsed) -> str:
    if used.prompt is None or used.completion is None:
        return "Tokens: unknown"
    cost = "cost unknown" if used.cost is None else f"${used.cost:.4f}"
    return f"Tokens: {used.prompt:,} in, {used.completion:,} out, {cost}"
