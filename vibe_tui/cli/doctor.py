"""`vibe-tui doctor`: what is missing on this machine and what fixes it."""

from __future__ import annotations

import argparse
import asyncio
import os
import sys

from vibe_tui.cli.context import Context, context
from vibe_tui.cli.output import Output, plain
from vibe_tui.cli.runner import run_until_done
from vibe_tui.cli.typed import typed_lines
from vibe_tui.services.convex import local_emulator
from vibe_tui.services.convex.orphans import EMULATOR, Orphan, OrphanReport, OrphanSearch, orphans
from vibe_tui.services.credentials import Credentials
from vibe_tui.services.doctor import Check, examine, left_behind
from vibe_tui.services.errors import VibeError
from vibe_tui.services.terminal_text import visible


def run(options: argparse.Namespace, output: Output) -> int:
    return run_until_done(_doctor(options, output), output)


async def _doctor(options: argparse.Namespace, output: Output) -> int:
    here = context(output)
    async with orphans(here.home, here.settings) as search:
        checks, report = await asyncio.gather(_examine(here), search.find())
        checks.append(left_behind(report))
        ok = all(check.ok for check in checks if check.required)
        lines = [*(_lines(check) for check in checks), *(f"  {'':<14} {_named(it)}" for it in report.orphans)]
        said = "\n".join([*lines, "", _verdict(checks)])
        result: dict[str, object] = {
            "checks": [_plain(check) for check in checks],
            "orphans": [plain(orphan) for orphan in report.orphans],
            "not_asked": list(report.not_asked),
        }
        if options.delete_orphans:
            output.say(said)
            deleted = await _delete(search, report, output)
            ok = ok and all(it["reason"] == "" for it in deleted)
            result["deleted"] = deleted
            said = f"{sum(bool(it['deleted']) for it in deleted)} of {len(deleted)} deleted."
    output.result(result, said, ok=ok)
    return 0 if ok else 1


async def _examine(here: Context) -> list[Check]:
    return await examine(
        here.home.root,
        here.settings.node,
        os.environ,
        redirect_ports=here.settings.convex.redirect_ports,
        credentials=Credentials(here.home, here.settings.credentials).where,
        emulator=lambda: _emulator(here),
    )


async def _delete(search: OrphanSearch, report: OrphanReport, output: Output) -> list[dict[str, object]]:
    """Ask for each; what was deleted, and for what that failed the reason."""
    answers = typed_lines()
    done: list[dict[str, object]] = []
    if any(it.place != EMULATOR for it in report.orphans):
        output.say("Another computer of yours may still use what is not remembered on this one.")
    for orphan in report.orphans:
        print(f"Delete {_named(orphan)}? [y/N]", end=" ", file=sys.stderr, flush=True)
        wanted = (await anext(answers, "")).strip().lower() in ("y", "yes")
        reason = ""
        if wanted:
            try:
                await search.delete(orphan)
            except VibeError as problem:
                reason = problem.message
                output.warn(f"{visible(orphan.name)} was not deleted: {reason}")
        done.append({"name": orphan.name, "deleted": wanted and not reason, "reason": reason})
    return done


def _named(orphan: Orphan) -> str:
    what = "project, with all its data" if orphan.kind == "project" else orphan.kind
    where = f"of {orphan.deployment}, " if orphan.deployment else ""
    team = f"team {visible(orphan.team)}, " if orphan.team else ""
    day = orphan.made.removesuffix("+00:00").replace("T", " ")
    return f"{visible(orphan.name)} ({what}, {where}{team}made {day} UTC, at {orphan.place})"


def _emulator(here: Context) -> str:
    info = local_emulator.running(here.home.emulator)
    return f"running at {info.host} (process {info.pid}, since {info.started})" if info else ""


def _plain(check: Check) -> dict[str, object]:
    return {
        "name": check.name,
        "ok": check.ok,
        "required": check.required,
        "detail": check.detail,
        "fix": "" if check.ok else check.fix,
    }


def _lines(check: Check) -> str:
    mark = "✓" if check.ok else "✗" if check.required else "-"
    line = f"{mark} {check.name + ':':<14} {check.detail}"
    return line if check.ok else f"{line}\n  {'':<14} {check.fix}"


def _verdict(checks: list[Check]) -> str:
    missing = [check.name for check in checks if check.required and not check.ok]
    return f"Missing: {', '.join(missing)}." if missing else "Everything that is needed is there."
