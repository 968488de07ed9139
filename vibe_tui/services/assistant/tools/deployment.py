"""What a model may know of the connected deployment. It reads; it changes no data."""

from __future__ import annotations

import asyncio
import json

from vibe_tui.services.assistant.chat_model import ToolSpec
from vibe_tui.services.assistant.tools.arguments import Arguments
from vibe_tui.services.assistant.tools.bench import Bench
from vibe_tui.services.assistant.tools.envelope import bounded
from vibe_tui.services.assistant.tools.tool import Result, Tool, ToolRefused, takes, text
from vibe_tui.services.convex.deployment import DeploymentApi
from vibe_tui.services.terminal_text import visible

_MOST_ERRORS = 20


class NoDeployment(ToolRefused):
    """No backend is connected."""

    code = "no_deployment"


async def connected(bench: Bench) -> DeploymentApi:
    """Use it as a context manager. Raises NoDeployment, and what opening it raises."""
    if bench.open_deployment is None:
        raise NoDeployment(
            "No Convex backend is connected.", next_step="Ask the user to press Connect Backend."
        )
    return await bench.open_deployment()


async def _learn_values(api: DeploymentApi) -> None:
    """Functions can return and log what is in the variables: once known, `redact` takes it out."""
    await api.variables.all()


async def _tables(_: Arguments, bench: Bench) -> Result:
    async with await connected(bench) as api:
        names, schema = await api.data.tables(), await api.schema()
    tables: dict[str, object] = dict.fromkeys(names)
    for name, table in schema.tables.items() if schema else ():
        tables[name] = {"documents": table.whole.text, "indexes": dict(table.indexes)}
    return Result(f"Listed {len(tables)} tables", {"tables": tables})


async def _functions(_: Arguments, bench: Bench) -> Result:
    async with await connected(bench) as api:
        specs = await api.functions.all()
    listed = [f"{'public' if spec.public else 'internal'} {spec.type} {spec.signature}" for spec in specs]
    return Result(f"Listed {len(listed)} functions", {"functions": listed})


async def _run_query(arguments: Arguments, bench: Bench) -> Result:
    async with await connected(bench) as api:
        await _learn_values(api)
        spec = await api.functions.find(arguments.text("function"))
        if spec.type != "query":
            raise ToolRefused(
                f"{spec.name} is a {spec.type}; only queries can be run here.",
                next_step="Read the data with a query instead.",
            )
        run = await api.functions.run(spec, arguments.mapping("args"))
    if run.error is not None:
        data: dict[str, object] = {"error": run.error.message, "log": list(run.log_lines)[-50:]}
        return Result(f"{visible(spec.name)} failed", data, ok=False)
    answer = await asyncio.to_thread(_as_text, run.value)
    return Result(f"Ran {visible(spec.name)}", {"value": answer, "log": list(run.log_lines)[-50:]})


def _as_text(value: object) -> str:
    return bounded(json.dumps(value, ensure_ascii=False))


async def _errors(_: Arguments, bench: Bench) -> Result:
    async with await connected(bench) as api:
        await _learn_values(api)
        batch = await api.logs.history()
    failed = [entry for entry in batch.entries if entry.error is not None][-_MOST_ERRORS:]
    errors: list[object] = [
        {
            "function": entry.function,
            "message": entry.error.message,
            "file": entry.error.file,
            "line": entry.error.line,
            "log": [line.text for line in entry.lines[-10:]],
        }
        for entry in failed
        if entry.error is not None
    ]
    return Result(f"Read {len(errors)} recent errors", {"errors": errors})


async def _env_names(_: Arguments, bench: Bench) -> Result:
    async with await connected(bench) as api:
        names = [variable.name for variable in await api.variables.all()]
    return Result(f"Listed {len(names)} variables by name", {"names": names})


TABLES = Tool(
    ToolSpec("tables", "The deployment's tables with their fields and indexes.", takes({})),
    "Looking at the tables",
    _tables,
)
FUNCTIONS = Tool(
    ToolSpec("functions", "The deployed functions with what they take and return.", takes({})),
    "Looking at the functions",
    _functions,
)
RUN_QUERY = Tool(
    ToolSpec(
        "run_query",
        "Run a deployed query and see what it returns. Mutations and actions cannot be run.",
        takes(
            {"function": text("E.g. messages:list")},
            {"args": {"type": "object", "description": "The arguments, as JSON"}},
        ),
    ),
    "Running",
    _run_query,
    about="function",
)
RECENT_ERRORS = Tool(
    ToolSpec("recent_errors", "The last errors of deployed functions, with file and line.", takes({})),
    "Looking at recent errors",
    _errors,
)
ENV_NAMES = Tool(
    ToolSpec(
        "env_names", "The names of the deployment's environment variables; values are secret.", takes({})
    ),
    "Looking at the variables' names",
    _env_names,
)
