"""The tools of a turn, and carrying out one call."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

from vibe_tui.services.assistant.chat_model import ToolCall, ToolSpec
from vibe_tui.services.assistant.events import TurnEvent
from vibe_tui.services.assistant.tools.arguments import Arguments, ArgumentsWrong, read_arguments
from vibe_tui.services.assistant.tools.bench import Bench
from vibe_tui.services.assistant.tools.deploying import CHECK_AND_DEPLOY
from vibe_tui.services.assistant.tools.deployment import (
    ENV_NAMES,
    FUNCTIONS,
    RECENT_ERRORS,
    RUN_QUERY,
    TABLES,
)
from vibe_tui.services.assistant.tools.editing import EDIT_FILE
from vibe_tui.services.assistant.tools.envelope import envelope
from vibe_tui.services.assistant.tools.listing import LIST_FILES
from vibe_tui.services.assistant.tools.packages import ADD_PACKAGE
from vibe_tui.services.assistant.tools.reading import READ_FILE
from vibe_tui.services.assistant.tools.searching import SEARCH
from vibe_tui.services.assistant.tools.secrets import REQUEST_SECRET
from vibe_tui.services.assistant.tools.tool import Result, Tool
from vibe_tui.services.assistant.tools.writing import DELETE_FILE, WRITE_FILE
from vibe_tui.services.errors import VibeError
from vibe_tui.services.terminal_text import clean, redact, visible

_ALWAYS = (LIST_FILES, READ_FILE, SEARCH, WRITE_FILE, EDIT_FILE, DELETE_FILE, ADD_PACKAGE, CHECK_AND_DEPLOY)
_CONNECTED = (TABLES, FUNCTIONS, RUN_QUERY, RECENT_ERRORS, ENV_NAMES, REQUEST_SECRET)
_LONGEST_TITLE = 300


class UnknownTool(VibeError):
    code = "unknown_tool"


@dataclass(frozen=True, slots=True)
class Done:
    """A call that was carried out, or refused."""

    ok: bool
    title: str
    """For the user; cleaned and redacted."""
    answer: str
    """For the model."""
    events: tuple[TurnEvent, ...] = ()


@dataclass(frozen=True, slots=True)
class Prepared:
    """A call that makes sense: the tool is there, and the arguments fit it."""

    tool: Tool
    arguments: Arguments

    @property
    def doing(self) -> str:
        return _title(self.tool.doing(self.arguments))


class Toolbox:
    def __init__(self, bench: Bench) -> None:
        tools = _ALWAYS + (_CONNECTED if bench.open_deployment is not None else ())
        # By name, so that what a provider keeps of the prompt's beginning stays good.
        self._tools = {tool.spec.name: tool for tool in sorted(tools, key=lambda tool: tool.spec.name)}
        self._bench = bench

    @property
    def specs(self) -> Sequence[ToolSpec]:
        return [tool.spec for tool in self._tools.values()]

    def verb(self, name: str) -> str:
        """What a call of this name will do, while it is still being written."""
        tool = self._tools.get(name)
        return tool.verb if tool else visible(name)[:60]

    def prepare(self, call: ToolCall) -> Prepared | Done:
        """Done: the call is refused, and nothing happened."""
        try:
            tool = self._tools.get(call.name)
            if tool is None:
                raise UnknownTool(
                    f"There is no tool {visible(call.name)[:60]}.",
                    next_step=f"The tools are {', '.join(self._tools)}.",
                )
            return Prepared(tool, read_arguments(call.arguments, tool.spec.parameters))
        except (UnknownTool, ArgumentsWrong) as problem:
            return _refused(call.name, problem)

    async def run(self, prepared: Prepared) -> Done:
        """Carry a call out. Expected failures are results; cancelling leaves whole files."""
        name = prepared.tool.spec.name
        try:
            result = await prepared.tool.run(prepared.arguments, self._bench)
        except VibeError as problem:
            return _refused(name, problem)
        answer = await asyncio.to_thread(envelope, name, result.ok, result.data)
        return Done(result.ok, _title(result.title), answer, result.events)


def _refused(name: str, problem: VibeError) -> Done:
    data = {"error": problem.message, "code": problem.code, "next_step": problem.next_step}
    return Done(False, _title(problem.message.split("\n")[0]), envelope(clean(name)[:60], False, data))


def _title(text: str) -> str:
    return redact(visible(text))[:_LONGEST_TITLE]


__all__ = ["Done", "Prepared", "Result", "Toolbox"]
