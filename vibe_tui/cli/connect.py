"""`vibe-tui connect`."""

from __future__ import annotations

import argparse
import sys

from vibe_tui.cli import methods
from vibe_tui.cli.context import Context, context
from vibe_tui.cli.output import Output
from vibe_tui.cli.runner import run_until_done
from vibe_tui.cli.typed import typed_answer, typed_lines, typed_secret
from vibe_tui.services.browser import open_browser
from vibe_tui.services.convex.connect import SignInPorts
from vibe_tui.services.errors import VibeError
from vibe_tui.services.model import Connected, Connecting
from vibe_tui.services.workspace import open_workspace


def run(options: argparse.Namespace, output: Output) -> int:
    methods.check(options)
    return run_until_done(_connect(options, output), output)


async def _connect(options: argparse.Namespace, output: Output) -> int:
    here = context(output)
    project = here.project(options)
    async with open_workspace(here.home, here.settings, project, command="vibe-tui connect") as workspace:

        def show(what: object) -> None:
            if isinstance(what, Connecting):
                output.say(f"{what.step}/{what.of} {what.title}")
                output.event("connecting", what)

        workspace.backend.subscribe(show)
        connected = await workspace.backend.connect(
            methods.method(options, here, output, workspace.local_backend),
            target=methods.target(options, project.name),
            sign_in=_sign_in(options, here, output),
            new_key=options.new_key,
        )
    output.result({"connection": connected, "dashboard_url": connected.dashboard_url}, _summary(connected))
    return 0


def _sign_in(options: argparse.Namespace, here: Context, output: Output) -> SignInPorts:
    async def open_link(link: str) -> None:
        opens = not options.no_browser
        output.say(
            "Consent in the browser that opens now; if none does, open this link:"
            if opens
            else "Open this link and consent:"
        )
        output.link(link)
        output.say(
            "If the browser is on another computer, it ends on a page that does not load: "
            "paste that page's whole address here."
        )
        if opens:
            await open_browser(link)

    def problem(what: VibeError) -> None:
        output.say(f"{what.message} {what.next_step}".strip())

    return SignInPorts(
        redirect_ports=tuple(here.settings.convex.redirect_ports),
        limit=here.settings.convex.sign_in_limit,
        open_link=open_link,
        pasted=typed_lines(),
        ask_secret=typed_secret,
        agree=lambda question: _agree(options, question),
        on_problem=problem,
        on_wait=lambda seconds, reason: output.say(f"{reason} Trying again in {seconds:.0f} s."),
        approve=options.approve,
    )


async def _agree(options: argparse.Namespace, question: str) -> bool:
    if options.yes:
        return True
    return sys.stdin.isatty() and (await typed_answer(f"{question} [y/N]")).lower() in ("y", "yes")


def _summary(connected: Connected) -> str:
    team = f" of team {connected.team}" if connected.team else ""
    project = f"{connected.project}{team}, " if connected.project else ""
    dashboard = f"Dashboard: {connected.dashboard_url}\n" if connected.dashboard_url else ""
    return (
        f"● Connected: {project}deployment {connected.deployment}\n"
        f"{connected.url}\n{dashboard}This key {connected.key_reach}.\n"
        'Next: vibe-tui ask "Add a messages database table"'
    )
