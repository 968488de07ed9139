"""The commands on models and their providers, and their options."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from typing import Any


def add_model_commands(
    commands: argparse._SubParsersAction[Any], command: Callable[..., argparse.ArgumentParser]
) -> None:
    """command: as in parser.py, which adds all commands the same way."""
    title = "choose the model that answers in the chat, and say where it is"
    model = commands.add_parser("model", help=title, description=f"{title.capitalize()}.", allow_abbrev=False)
    actions = model.add_subparsers(metavar="ACTION", dest="action", required=True)

    def action(name: str, title: str) -> argparse.ArgumentParser:
        parser = command(actions, name, title)
        parser.set_defaults(module="model")
        return parser

    listing = action("list", "list the providers, or the models of one")
    listing.add_argument("provider", nargs="?", help="ask this provider for its models")
    listing.add_argument("--local", action="store_true", help="look for model servers on this computer")
    use = action("use", "let a model answer from now on")
    which = use.add_mutually_exclusive_group(required=True)
    which.add_argument("name", nargs="?", help="PROVIDER/MODEL, or MODEL for one of the provider openai")
    which.add_argument("--recipes", action="store_true", help="let the built-in recipes answer; no model")
    use.add_argument(
        "--reasoning",
        metavar="EFFORT",
        help='none, minimal, low, medium, high or xhigh; "" leaves it to the provider',
    )
    add = action("add", "add a provider that speaks OpenAI's Chat Completions")
    add.add_argument("name", help="what you want to call it, e.g. openrouter")
    add.add_argument("url", help="its address, most end in /v1")
    add.add_argument(
        "--key-variable", default="", metavar="NAME", help="the environment variable with its key"
    )
    remove = action("remove", "forget a provider and its key")
    remove.add_argument("name")
    key = action("key", "keep the key of a provider: typed when asked for, or piped in")
    key.add_argument("name", help="the provider")
    key.add_argument("value", nargs="?", help=argparse.SUPPRESS)
    key.add_argument("--forget", action="store_true", help="forget the key")
