"""The commands and their options."""

from __future__ import annotations

import argparse
from collections.abc import Collection, Sequence
from typing import NoReturn

from vibe_tui import __version__
from vibe_tui.cli.parser_deployment import add_deployment_commands
from vibe_tui.cli.parser_model import add_model_commands
from vibe_tui.services.convex import ways
from vibe_tui.services.errors import UsageError

METHODS = ways.NAMES


class WrongUsage(UsageError):
    code = "wrong_usage"


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        raise WrongUsage(
            f"{message[:1].upper()}{message[1:]}.".replace("\n", " "),
            next_step=f"Run `{self.prog} --help` to see how it is used.",
        )


def parse(arguments: Sequence[str]) -> argparse.Namespace:
    """The command and its options. Raises WrongUsage; --help and --version end the process with 0."""
    parser, commands = _parser()
    if arguments and not arguments[0].startswith("-") and arguments[0] not in commands:
        # `vibe-tui PATH` opens the page; argparse would take the path for a misspelt command.
        options = argparse.Namespace(module="page", path=arguments[0])
        if len(arguments) > 1:
            parser.error(f"unrecognized arguments: {' '.join(arguments[1:])}")
    else:
        options = parser.parse_args(arguments)
    if not hasattr(options, "format"):
        options.format = "text"
    return options


def _parser() -> tuple[argparse.ArgumentParser, Collection[str]]:
    """The parser, and the names of its commands."""
    parser = _Parser(
        prog="vibe-tui",
        usage="vibe-tui [PATH] | vibe-tui COMMAND …",
        description="The project page of a vibe-coding product: Expo apps with a Convex backend.",
        allow_abbrev=False,
    )
    parser.add_argument("--version", action="version", version=f"vibe-tui {__version__}")
    parser.set_defaults(module="page", path=None)
    commands = parser.add_subparsers(metavar="COMMAND", prog="vibe-tui")

    new = _command(commands, "new", "make a new app from the expo-convex template")
    new.add_argument("name", help="the app's name, also its folder's name unless --dir is given")
    new.add_argument("--dir", metavar="FOLDER", help="where to put it; default ./NAME")

    _sandbox_choice(new, "--sandbox", "where its commands run", default="local")

    projects = _command(commands, "projects", "list the projects")
    projects.add_argument("--forget", metavar="NAME", help="take a project off the list; its folder stays")

    status = _command(commands, "status", "say how the project stands")
    _project(status)

    connect = _command(commands, "connect", "connect the project to a Convex backend", streams=True)
    _project(connect)
    connect.add_argument(
        "--with",
        dest="method",
        choices=METHODS,
        default="emulator",
        metavar="METHOD",
        help="emulator (default): emulated Convex on this computer; oauth: your Convex account in the "
        "browser; team-token, personal-token: a token, read from stdin; cli-login: the login of "
        "`npx convex`; deploy-key: a deployment's key, read from stdin; self-hosted: your own backend, "
        "with its admin key on stdin; local-backend: Convex's own backend program, if it is installed",
    )
    connect.add_argument(
        "--project-name",
        "--name",
        dest="name",
        metavar="NAME",
        help="the new Convex project's name, before a suffix; default the app's name",
    )
    connect.add_argument(
        "--attach", metavar="PROJECT", help="use the Convex project of this slug or id instead of a new one"
    )
    connect.add_argument(
        "--deployment", metavar="NAME", help="use this deployment; default your dev deployment of the project"
    )
    connect.add_argument("--team", metavar="SLUG", help="the team; default the one you sign in to")
    connect.add_argument(
        "--new-key",
        action="store_true",
        help="of a connected project, replace a deploy key that is not accepted any more",
    )
    connect.add_argument("--url", help="the address of your own backend, with --with self-hosted")
    connect.add_argument("--yes", action="store_true", help="agree to using the login of `npx convex`")
    connect.add_argument("--no-browser", action="store_true", help="print the link, open nothing")
    connect.add_argument(
        "--approve", action="store_true", help="consent without a browser; for the emulator alone"
    )

    ask = _command(commands, "ask", "ask the assistant for a backend feature", streams=True)
    _project(ask)
    ask.add_argument("prompt", help='for example "Add a messages database table"')
    ask.add_argument("--yes", action="store_true", help="carry out the plan without asking")
    ask.add_argument(
        "--model", metavar="NAME", help="let this model answer, e.g. openai/gpt-5; default: the settings"
    )
    ask.add_argument(
        "--max-steps", type=int, metavar="N", help="requests to the model at most; default 40, or the setting"
    )

    undo = _command(commands, "undo", "undo the last chat turn in the files, and deploy that", streams=True)
    _project(undo)
    undo.add_argument("--to", metavar="ID", help="go back to this checkpoint instead; see `vibe-tui history`")
    undo.add_argument("--yes", action="store_true", help="do not ask")

    history = _command(commands, "history", "list the checkpoints, one before every chat turn")
    _project(history)
    history.add_argument("--diff", metavar="ID", help="show what happened to the files since this one")

    add_model_commands(commands, _command)

    push = _command(commands, "push", "deploy convex/ once", streams=True)
    _project(push)

    dev = _command(commands, "dev", "start the dev server: every change deploys itself", streams=True)
    _project(dev)

    deploy = _command(commands, "deploy", "deploy convex/ to production, once", streams=True)
    _project(deploy)
    deploy.add_argument(
        "--production",
        action="store_true",
        required=True,
        help="say that you mean production; the Convex project's name is asked for as well",
    )

    disconnect = _command(commands, "disconnect", "disconnect the project from Convex", streams=True)
    _project(disconnect)
    how = disconnect.add_mutually_exclusive_group()
    how.add_argument(
        "--forget",
        dest="how",
        action="store_const",
        const="forget",
        help="(default) forget the connection here; the key at Convex stays valid",
    )
    how.add_argument("--revoke", dest="how", action="store_const", const="revoke", help="revoke the key too")
    how.add_argument(
        "--delete-project",
        dest="how",
        action="store_const",
        const="delete-project",
        help="delete the Convex project with all its data",
    )
    disconnect.set_defaults(how="forget")
    disconnect.add_argument(
        "--yes", action="store_true", help="do not ask before deleting the Convex project"
    )

    download = _command(commands, "download", "export everything as a zip", streams=True)
    _project(download)
    download.add_argument("-o", "--output", metavar="FILE", help="default ./NAME.zip")
    download.add_argument("--replace", action="store_true", help="overwrite FILE if it exists")

    add_deployment_commands(commands, _command, _project)

    emulator = _command(commands, "emulator", "the emulated Convex on this computer")
    emulator.add_argument("action", nargs="?", choices=("status", "stop", "run"), default="status")

    doctor = _command(commands, "doctor", "say what is missing on this machine and what fixes it")
    doctor.add_argument(
        "--delete-orphans",
        action="store_true",
        help="ask for each thing that vibe-tui made at Convex and no project here remembers: delete it?",
    )

    _add_sandbox_commands(commands)

    publish = _command(commands, "publish", "publish the app (comes later)")
    _project(publish)
    return parser, commands.choices


def _command(
    commands: argparse._SubParsersAction[_Parser],
    name: str,
    title: str,
    *,
    streams: bool = False,
) -> _Parser:
    parser = commands.add_parser(
        name, help=title, description=f"{title[0].upper()}{title[1:]}.", allow_abbrev=False
    )
    parser.set_defaults(module=name, format="text")
    forms = parser.add_mutually_exclusive_group()
    forms.add_argument(
        "--json",
        dest="format",
        action="store_const",
        const="json",
        help="one JSON object on stdout at the end",
    )
    if streams:
        forms.add_argument(
            "--stream-json",
            dest="format",
            action="store_const",
            const="stream-json",
            help="one JSON object a line: the events, then the result",
        )
    return parser


def _sandbox_choice(parser: argparse.ArgumentParser, option: str, what: str, *, default: str | None) -> None:
    parser.add_argument(
        option,
        dest="sandbox",
        choices=("local", "e2b"),
        default=default,
        required=default is None,
        help=f"{what}: local (this computer{', default' if default else ''}) or e2b (an E2B cloud sandbox; "
        "needs E2B_API_KEY or `vibe-tui sandbox key`)",
    )


def _add_sandbox_commands(commands: argparse._SubParsersAction[_Parser]) -> None:
    sandbox = commands.add_parser(
        "sandbox",
        help="where the project's commands run: this computer, or an E2B sandbox",
        description="Where the project's commands run.",
        allow_abbrev=False,
    )
    sandbox.set_defaults(module="sandbox")
    actions = sandbox.add_subparsers(metavar="ACTION", dest="action", required=True, prog="vibe-tui sandbox")
    status = _command(actions, "status", "say how the sandbox stands, and what it costs")
    move = _command(actions, "move", "let the project's commands run somewhere else")
    _sandbox_choice(move, "--to", "where to", default=None)
    pause = _command(actions, "pause", "freeze the sandbox; it comes back by itself when it is needed")
    kill = _command(actions, "kill", "end the sandbox; the project's files are on this computer")
    for one in (status, move, pause, kill):
        _project(one)
    leftovers = _command(actions, "leftovers", "list sandboxes of vibe-tui that no project here uses")
    what = leftovers.add_mutually_exclusive_group()
    what.add_argument("--adopt", metavar="ID", help="make it the sandbox of the project it was made for")
    what.add_argument("--pause", metavar="ID", help="freeze it")
    what.add_argument("--kill", metavar="ID", help="end it, with the files in it")
    _command(actions, "key", "keep an E2B API key, read from stdin")
    for one in actions.choices.values():
        one.set_defaults(module="sandbox")


def _project(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--project", metavar="NAME|PATH", help="a project's name or folder; default: the folder you stand in"
    )
