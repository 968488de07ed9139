"""The commands on the deployment itself, and their options."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from typing import Any


def add_deployment_commands(
    commands: argparse._SubParsersAction[Any],
    command: Callable[..., argparse.ArgumentParser],
    project: Callable[[Any], None],
) -> None:
    """command, project: as in parser.py, which adds all commands the same way."""
    data = command(commands, "data", "show the deployment's tables and documents", streams=True)
    project(data)
    data.add_argument("table", nargs="?", help="show this table's documents; default: list the tables")
    data.add_argument("--limit", type=int, default=50, metavar="N", help="documents at once; default 50")
    data.add_argument("--order", choices=("asc", "desc"), default="desc", help="by creation; default desc")
    data.add_argument("--cursor", metavar="C", help="go on where the page before ended")
    data.add_argument("--jsonl", action="store_true", help="one document a line")
    data.add_argument("--id", metavar="ID", help="show the document with this id, whatever its table")
    data.add_argument("--export", metavar="FILE", help="write the whole table as JSON lines")
    data.add_argument("--replace", action="store_true", help="overwrite FILE if it exists")

    project(command(commands, "functions", "list the deployment's functions"))

    run = command(commands, "run", "run a function of the deployment")
    project(run)
    run.add_argument("name", help='for example "messages:send"; internal functions too')
    run.add_argument("args", nargs="?", default="{}", metavar="JSON", help="its arguments; default {}")

    logs = command(commands, "logs", "show what the deployment's functions log", streams=True)
    project(logs)
    logs.add_argument("--follow", action="store_true", help="go on until Ctrl-C")
    logs.add_argument("--function", default="", metavar="F", help="only this function, or this module's")
    logs.add_argument(
        "--level",
        default="debug",
        choices=("debug", "log", "info", "warn", "error"),
        help="this level and worse; failed runs count as errors",
    )
    logs.add_argument("--request", default="", metavar="ID", help="only what this request ran")
    logs.add_argument("--history", type=int, metavar="N", help="the last N; default 100, or 0 with --follow")

    project(command(commands, "health", "say how the deployment stands, and what pushing would change"))

    title = "list, set and remove the deployment's environment variables"
    env = commands.add_parser("env", help=title, description=f"{title.capitalize()}.", allow_abbrev=False)
    actions = env.add_subparsers(metavar="ACTION", dest="action", required=True)
    _env_actions(actions, command, project)


def _env_actions(
    actions: argparse._SubParsersAction[Any],
    command: Callable[..., argparse.ArgumentParser],
    project: Callable[[Any], None],
) -> None:
    def action(name: str, title: str) -> argparse.ArgumentParser:
        parser = command(actions, name, title)
        parser.set_defaults(module="env")
        project(parser)
        return parser

    listing = action("list", "list the variables")
    get = action("get", "show one variable")
    get.add_argument("name")
    for parser in (listing, get):
        parser.add_argument("--reveal", action="store_true", help="show values")
    set_ = action("set", "set a variable to what is typed or piped in")
    set_.add_argument("name")
    set_.add_argument("value", nargs="?", help=argparse.SUPPRESS)
    unset = action("unset", "remove variables")
    unset.add_argument("names", nargs="+", metavar="name")
    import_ = action("import", "set all variables of a .env file")
    import_.add_argument("file", help='"-" reads it from stdin')
    export = action("export", "write all variables to a .env file that only you can read")
    export.add_argument("file")
    export.add_argument("--replace", action="store_true", help="overwrite the file if it exists")
    auth = action("set-up-auth", "make the keys that Convex Auth needs, and say what is left to do")
    auth.add_argument("--site-url", metavar="URL", help="where the app is served; default Expo's on the web")
    auth.add_argument(
        "--replace-keys", action="store_true", help="make new keys; everybody who is signed in is signed out"
    )
