"""`vibe-tui logs`: what functions logged, and with --follow what they log."""

from __future__ import annotations

import argparse
import dataclasses
from datetime import datetime

from vibe_tui.cli.deployment import with_deployment
from vibe_tui.cli.output import Output
from vibe_tui.services.convex.deployment import DeploymentApi
from vibe_tui.services.convex.deployment_logs import Reconnecting
from vibe_tui.services.convex.log_entries import LogEntry, LogFilter, level_of
from vibe_tui.services.errors import UsageError


def run(options: argparse.Namespace, output: Output) -> int:
    if options.follow and options.format == "json":
        raise UsageError("--follow does not end by itself.", next_step="Use --stream-json instead of --json.")
    if options.history is not None and options.history < 0:
        raise UsageError("--history has to be 0 or more.")

    def stopped() -> int:
        output.result({"stopped": True})
        return 0

    return with_deployment(
        options,
        output,
        lambda api: _logs(options, output, api),
        on_interrupt=stopped if options.follow else None,
    )


async def _logs(options: argparse.Namespace, output: Output, api: DeploymentApi) -> int:
    chosen = LogFilter(
        function=options.function, level=level_of(options.level) or "DEBUG", request_id=options.request
    )
    batch = await api.logs.history()
    wanted = options.history if options.history is not None else (0 if options.follow else 100)
    found = [entry for it in batch.entries if (entry := chosen.pick(it)) is not None]
    found = found[-wanted:] if wanted else []
    if not options.follow:
        entries = [_plain(entry) for entry in found]
        output.result({"entries": entries}, "\n".join(map(_text, found)) or "Nothing was logged.")
        return 0
    for entry in found:
        _tell(entry, output)
    output.event("following", {"cursor": batch.cursor})
    async for news in api.logs.follow(batch.cursor):
        if isinstance(news, Reconnecting):
            output.warn(f"{news.reason} Trying again in {news.seconds:.0f} s.")
            output.event("reconnecting", news)
            continue
        for it in news.entries:
            if (entry := chosen.pick(it)) is not None:
                _tell(entry, output)
    return 0


def _tell(entry: LogEntry, output: Output) -> None:
    if output.form == "text":
        output.say(_text(entry))
    else:
        output.event("log", _plain(entry))


def _plain(entry: LogEntry) -> dict[str, object]:
    return dataclasses.asdict(entry)


def _text(entry: LogEntry) -> str:
    time = datetime.fromtimestamp(entry.time).astimezone().strftime("%H:%M:%S")
    if entry.running:
        how = "running"
    else:
        how = f"{'failed' if entry.error else 'ok'}, {entry.seconds * 1000:.0f} ms"
    head = f"{time}  {entry.type} {entry.function}  {how}"
    lines = [f"  [{line.level}] {line.text}" for line in entry.lines]
    error = [f"  {line}" for line in entry.error.message.split("\n")] if entry.error else []
    return "\n".join((head, *lines, *error))
