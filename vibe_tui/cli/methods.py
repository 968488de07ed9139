"""The ways to connect, as `--with` names them, and which options go with which."""

from __future__ import annotations

import argparse
import os
from pathlib import Path

from vibe_tui.cli.context import Context
from vibe_tui.cli.output import Output
from vibe_tui.services.convex.connect import ConnectMethod, EmulatorMethod, OAuthMethod, Target
from vibe_tui.services.convex.emulator_host import EmulatorHost
from vibe_tui.services.convex.key_methods import DeployKeyMethod, KeyMethod, SelfHostedMethod
from vibe_tui.services.convex.provisioning import LONGEST_NAME
from vibe_tui.services.convex.token_methods import CliLoginMethod, PersonalTokenMethod, TeamTokenMethod
from vibe_tui.services.errors import UsageError

_WITH_A_KEY = ("deploy-key", "self-hosted")


class OptionsDoNotFit(UsageError):
    """Options of one way to connect were given with another."""

    code = "options_do_not_fit"


class ConvexNameInvalid(UsageError):
    """A Convex project cannot be called that."""

    code = "convex_name_invalid"


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
        _check_name(options.name)


def _check_name(name: str) -> None:
    if not name.strip() or len(name.strip()) > LONGEST_NAME or not name.isprintable():
        raise ConvexNameInvalid(
            f"A Convex project's name has 1 to {LONGEST_NAME} printable characters.",
            next_step="Choose another with --project-name.",
        )


def target(options: argparse.Namespace, app_name: str) -> Target:
    return Target(
        options.name or app_name,
        team=options.team or "",
        attach=options.attach or "",
        deployment=options.deployment or "",
    )


def method(options: argparse.Namespace, here: Context, output: Output) -> ConnectMethod | KeyMethod:
    """Raises AddressInvalid."""
    convex = here.settings.convex
    hosts = (convex.provision_host, convex.dashboard_host)
    match options.method:
        case "oauth":
            return OAuthMethod(*hosts, convex.oauth_client_id, convex.oauth_client_secret)
        case "team-token":
            return TeamTokenMethod(*hosts)
        case "personal-token":
            return PersonalTokenMethod(*hosts)
        case "cli-login":
            return CliLoginMethod(*hosts, Path.home())
        case "deploy-key":
            return DeployKeyMethod(*hosts)
        case "self-hosted":
            return SelfHostedMethod(options.url)
    host = EmulatorHost(here.home, here.settings, os.environ)
    return EmulatorMethod(lambda: host.ensure(output.say))
