"""request_secret: the user types a value that goes to the deployment and never to the model."""

from __future__ import annotations

import re

from vibe_tui.services.assistant.chat_model import ToolSpec
from vibe_tui.services.assistant.ports import SecretRequest
from vibe_tui.services.assistant.tools.arguments import Arguments
from vibe_tui.services.assistant.tools.bench import Bench
from vibe_tui.services.assistant.tools.deployment import connected
from vibe_tui.services.assistant.tools.tool import Result, Tool, ToolRefused, takes, text
from vibe_tui.services.secret import Secret
from vibe_tui.services.terminal_text import redact, visible

_NAME = re.compile(r"(?!CONVEX_)[A-Z][A-Z0-9_]{0,39}", re.ASCII)
_LONGEST_REASON = 300


async def _request(arguments: Arguments, bench: Bench) -> Result:
    name = arguments.text("name")
    if not _NAME.fullmatch(name):
        raise ToolRefused(
            "That is not a name for a variable.",
            next_step="Use capitals, digits and _, at most 40; CONVEX_ is Convex's own.",
        )
    async with await connected(bench) as api:
        why = redact(visible(arguments.text("why")))[:_LONGEST_REASON]
        value = Secret(await bench.ports.ask_secret(SecretRequest(name, why)))
        if not value.reveal():
            return Result(f"{name} was not given", {"name": name, "answer": "declined"}, ok=False)
        await api.variables.set({name: value})
    return Result(f"{name} is set", {"name": name, "answer": "set"})


REQUEST_SECRET = Tool(
    ToolSpec(
        "request_secret",
        "Ask the user for a secret, e.g. an API key. It becomes an environment variable of the deployment; "
        "you learn only whether it was set. Read it in functions with process.env.NAME.",
        takes({"name": text("E.g. OPENAI_API_KEY"), "why": text("One sentence for the user")}),
    ),
    "Asking for",
    _request,
    about="name",
)
