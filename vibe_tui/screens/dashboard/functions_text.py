"""How a function and what came of running it read."""

from __future__ import annotations

import json
import re
import shlex

from vibe_tui.screens.dashboard.functions_pane import FunctionView, Outcome
from vibe_tui.services.convex.deployment_functions import FunctionSpec, Run
from vibe_tui.services.terminal_text import clean, redact
from vibe_tui.widgets.function_list import FunctionItem

MOST_LINES = 5_000
"""Of a result that are shown; copying takes all."""
_RED, _YELLOW, _GREY, _PLAIN = "\x1b[31m", "\x1b[33m", "\x1b[90m", "\x1b[39m"
_SPECIAL = re.compile(r'\{\s+("\$(?:integer|bytes|float)": "[^"]*")\s+\}')
_LEVELS = {"[ERROR]": _RED, "[WARN]": _YELLOW, "[DEBUG]": _GREY}


def item_of(spec: FunctionSpec) -> FunctionItem:
    if spec.type == "http":
        return FunctionItem(spec.name, "HTTP actions", spec.name, "", public=True)
    module, _, name = spec.name.rpartition(":")
    return FunctionItem(spec.name, module, name, kind_of(spec), spec.public)


def kind_of(spec: FunctionSpec) -> str:
    kind = "HTTP action" if spec.type == "http" else spec.type
    return kind if spec.public else f"{kind}, internal"


def view_of(spec: FunctionSpec, args: str) -> FunctionView:
    return FunctionView(spec.name, kind_of(spec), spec.takes, spec.gives, args)


def http_view(spec: FunctionSpec, site_url: str) -> FunctionView:
    return FunctionView(spec.name, kind_of(spec), "", "", "", request=request_of(spec, site_url))


def request_of(spec: FunctionSpec, site_url: str) -> str:
    """The command that calls an HTTP action."""
    method, _, path = spec.name.partition(" ")
    return shlex.join(["curl", "-X", method, f"{site_url}{path}"])


def starting_arguments(spec: FunctionSpec) -> str:
    return _json(json.loads(spec.example))


def outcome_of(run: Run) -> Outcome:
    """Takes long for a large result: call it in a thread."""
    took = _took(run.seconds)
    logged = f", {len(run.log_lines)} log line{'' if len(run.log_lines) == 1 else 's'}"
    logs = logged if run.log_lines else ""
    if run.error is None:
        whole = _json(run.value)
        return Outcome(f"Ran in {took}{logs}: {run.function}", True, _shown(whole, run), whole)
    error = run.error
    whole = redact(error.message)
    lines = [f"{_RED}{line}{_PLAIN}" for line in whole.split("\n")]
    if error.has_data:
        data = _json(error.data)
        whole += f"\n{data}"
        lines += [f"{_GREY}It carries{_PLAIN}", *data.split("\n")]
    if error.request_id:
        lines.append(f"{_GREY}Request {error.request_id}{_PLAIN}")
    lines += _logs(run.log_lines)
    return Outcome(f"Failed after {took}{logs}: {run.function}", False, tuple(lines), whole)


def _shown(whole: str, run: Run) -> tuple[str, ...]:
    lines = whole.split("\n")
    more = len(lines) - MOST_LINES
    if more > 0:
        lines[MOST_LINES:] = [f"{_YELLOW}… {more:,} more lines: copying takes them all{_PLAIN}"]
    return (*lines, *_logs(run.log_lines))


def _logs(lines: tuple[str, ...]) -> list[str]:
    if not lines:
        return []
    shown = ["", f"{_GREY}It logged{_PLAIN}"]
    for line in redact("\n".join(lines)).split("\n"):
        colour = _LEVELS.get(line.partition(" ")[0], "")
        shown.append(f"{colour}{line}{_PLAIN}" if colour else line)
    return shown


def _json(value: object) -> str:
    """Values that JSON has no form of stay on one line."""
    text = _SPECIAL.sub(r"{\1}", json.dumps(value, ensure_ascii=False, indent=2))
    return redact(clean(text))


def _took(seconds: float) -> str:
    return f"{seconds * 1000:,.0f} ms" if seconds < 10 else f"{seconds:,.1f} s"
