"""`vibe-tui connect`."""

from __future__ import annotations

import argparse
import os

from vibe_tui.cli.context import Context, context
from vibe_tui.cli.not_yet import NotYet
from vibe_tui.cli.output import Output
from vibe_tui.cli.parser import LATER_METHODS
from vibe_tui.cli.runner import run_until_done
from vibe_tui.cli.typed import typed_lines
from vibe_tui.services.browser import open_browser
from vibe_tui.services.convex.connect import ConnectMethod, EmulatorMethod, OAuthMethod, SignInPorts
from vibe_tui.services.convex.emulator_host import EmulatorHost
from vibe_tui.services.errors import UsageError, VibeError
from vibe_tui.services.model import Connected, Connecting
from vibe_tui.services.workspace import open_workspace


def run(options: argparse.Namespace, output: Output) -> int:
    if options.method in LATER_METHODS:
        raise NotYet(f"connecting with {options.method}", "There are `--with emulator` and `--with oauth`.")
    if options.approve and options.method != "emulator":
        raise UsageError(
            "Only the emulator lets a program consent in your place.", next_step="Leave out --approve."
        )
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
            _method(options, here, output),
            name=options.name or project.name,
            sign_in=_sign_in(options, here, output),
        )
    output.result({"connection": connected, "dashboard_url": connected.dashboard_url}, _summary(connected))
    return 0


def _method(options: argparse.Namespace, here: Context, output: Output) -> ConnectMethod:
    if options.method == "oauth":
        convex = here.settings.convex
        return OAuthMethod(
            convex.provision_host, convex.dashboard_host, convex.oauth_client_id, convex.oauth_client_secret
        )
    host = EmulatorHost(here.home, here.settings, os.environ)
    return EmulatorMethod(lambda: host.ensure(output.say))


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
        on_problem=problem,
        on_wait=lambda seconds, reason: output.say(f"{reason} Trying again in {seconds:.0f} s."),
        approve=options.approve,
    )


def _summary(connected: Connected) -> str:
    width = (
        "This key opens this deployment only."
        if connected.narrow
        else "This key is as wide as the whole team."
    )
    return (
        f"● Connected: {connected.project} of team {connected.team}, deployment {connected.deployment}\n"
        f"{connected.url}\nDashboard: {connected.dashboard_url}\n{width}\n"
        'Next: vibe-tui ask "Add a messages database table"'
    )
