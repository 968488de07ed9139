"""The ways to connect, as `--with` names them, and which options go with which."""

from __future__ import annotations

import argparse
import os
from pathlib import Path

from vibe_tui.cli.context import Context
from vibe_tui.cli.output import Output
from vibe_tui.services.convex import ways
from vibe_tui.services.convex.connect import ConnectMethod, Target, check_name
from vibe_tui.services.convex.emulator_host import EmulatorHost
from vibe_tui.services.convex.key_methods import KeyMethod
from vibe_tui.services.convex.local_backend_host import LocalBackendHost
from vibe_tui.services.errors import UsageError

_WITH_A_KEY = ("deploy-key", "self-hosted", "local-backend")


class OptionsDoNotFit(UsageError):
    """Options of one way to connect were given with another."""

    code = "options_do_not_fit"


def check(options: argparse.Namespace) -> None:
    """Raises OptionsDoNotFit or ConvexNameInvalid."""
    wrong = [
        ("--approve", options.approve, options.method == "emulator", "--with emulator"),
        ("--yes", options.yes, options.method == "cli-login", "--with cli-login"),
        ("--url", options.url, options.method == "self-hosted", "--with self-hosted"),
    ]
    for name in ("team", "attach", "deployment", "name"):
        given = getattr(options, name)
        option = "--project-name" if name == "name" else f"--{name}"
        wrong.append((option, given, options.method not in _WITH_A_KEY, "a way that signs in"))
    for option, given, fits, belongs in wrong:
        if given and not fits:
            raise OptionsDoNotFit(
                f"{option} goes with {belongs}, not with --with {options.method}.",
                next_step=f"Leave out {option}.",
            )
    if options.method == "self-hosted" and not options.url:
        raise OptionsDoNotFit(
            "Where your backend answers is missing.", next_step="Add --url https://convex.example.com."
        )
    if options.name and (options.attach or options.deployment):
        raise OptionsDoNotFit(
            "--project-name is for a new project, --attach and --deployment are for one that is there.",
            next_step="Give one or the other.",
        )
    if options.name is not None:
        check_name(options.name)


def target(options: argparse.Namespace, app_name: str) -> Target:
    return Target(
        options.name or app_name,
        team=options.team or "",
        attach=options.attach or "",
        deployment=options.deployment or "",
    )


def method(
    options: argparse.Namespace, here: Context, output: Output, local_backend: LocalBackendHost
) -> ConnectMethod | KeyMethod:
    """Raises AddressInvalid."""
    host = EmulatorHost(here.home, here.settings, os.environ)
    place = ways.Here(here.settings.convex, lambda: host.ensure(output.say), Path.home(), local_backend)
    return ways.method(options.method, place, url=options.url or "")
