"""`vibe-tui model`: which model answers in the chat, where it is, and the key for it."""

from __future__ import annotations

import argparse
import asyncio
import os

from vibe_tui.cli.context import context
from vibe_tui.cli.output import Output, plain
from vibe_tui.cli.runner import run_until_done
from vibe_tui.cli.typed import typed_secret
from vibe_tui.services.assistant.chat_model import ModelFailed
from vibe_tui.services.assistant.model_list import LocalServer, ModelInfo, models_of, probe_local
from vibe_tui.services.assistant.provider import Provider
from vibe_tui.services.assistant.providers import Chosen, Providers
from vibe_tui.services.credentials import Credentials
from vibe_tui.services.errors import UsageError
from vibe_tui.services.secret import Secret
from vibe_tui.services.terminal_text import visible

_RECIPES = "Built-in recipes answer (no model)."
_ASKING = 5.0
"""Seconds that `use` waits for the provider's list."""


def run(options: argparse.Namespace, output: Output) -> int:
    here = context(output)
    credentials = Credentials(here.home, here.settings.credentials)
    providers = Providers(here.home, credentials, os.environ)
    match options.action:
        case "list" if options.provider:
            return run_until_done(_models(providers.get(options.provider), output), output)
        case "list":
            return run_until_done(_list(providers, options.local, output), output)
        case "use":
            return run_until_done(_use(providers, options, output), output)
        case "key":
            return run_until_done(_key(providers, credentials, options, output), output)
        case "add":
            return _add(providers, options, output)
    providers.remove(options.name)
    output.result({"removed": options.name}, f"Removed {options.name}, and its key.")
    return 0


async def _list(providers: Providers, local: bool, output: Output) -> int:
    known, chosen = providers.all(), providers.chosen()
    servers = await probe_local(known) if local else ()
    lines = [_who(chosen), "", *map(_line, known)]
    if chosen.obstacle:
        output.warn(f"{chosen.obstacle.message} {chosen.obstacle.next_step}")
    if local:
        lines += ["", *(map(_server, servers) if servers else ["No model server answers on this computer."])]
    data: dict[str, object] = {"chosen": _chosen(chosen), "providers": [_plain(it) for it in known]}
    if local:
        data["servers"] = [
            {"provider": server.provider.name, "models": [plain(it) for it in server.models]}
            for server in servers
        ]
    output.result(data, "\n".join(lines))
    return 0


async def _models(provider: Provider, output: Output) -> int:
    models = await models_of(provider)
    lines = [f"{provider.name}/{it.id}{_facts(it)}" for it in models]
    output.result(
        {"provider": provider.name, "models": [plain(it) for it in models]},
        "\n".join(lines) or f"{provider.name} has no models.",
    )
    return 0


async def _use(providers: Providers, options: argparse.Namespace, output: Output) -> int:
    if options.recipes:
        providers.use("")
    else:
        info = await _looked_up(providers, options.name, output)
        providers.use(options.name, window=info.window if info else 0)
    if options.reasoning is not None:
        providers.set_reasoning_effort(options.reasoning)
    chosen = providers.chosen()
    if chosen.obstacle:
        output.warn(f"{chosen.obstacle.message} {chosen.obstacle.next_step}")
    output.result({"chosen": _chosen(chosen)}, _who(chosen))
    return 0


async def _looked_up(providers: Providers, name: str, output: Output) -> ModelInfo | None:
    """What the provider tells of the model. It need not be reachable to be chosen."""
    model = providers.model(name)
    try:
        models = await models_of(model.provider, _ASKING)
    except ModelFailed as problem:
        output.warn(f"It is chosen without having been looked up: {problem.message} {problem.next_step}")
        return None
    info = next((it for it in models if it.id == model.model), None)
    if info is None:
        output.warn(f"{model.provider.name} has no {visible(model.model)} on its list.")
    elif info.calls_tools is False:
        output.warn(f"{visible(model.model)} cannot call tools, so it cannot change a project.")
    return info


def _add(providers: Providers, options: argparse.Namespace, output: Output) -> int:
    provider = providers.add(options.name, options.url, options.key_variable)
    text = f"Added {provider.name}: {provider.base_url}"
    if not provider.key_from and provider.needs_key:
        variable = f" in {options.key_variable}, or" if options.key_variable else ":"
        text += f"\nGive it its key{variable} `vibe-tui model key {provider.name}`"
    output.result({"provider": _plain(provider)}, text)
    return 0


async def _key(
    providers: Providers, credentials: Credentials, options: argparse.Namespace, output: Output
) -> int:
    if options.value is not None:
        raise UsageError(
            "A key in the command can be read by other programs and stays in the shell's history.",
            next_step=f"Run `vibe-tui model key {visible(options.name)}` and type the key when asked, or "
            "pipe it in.",
        )
    provider = await asyncio.to_thread(providers.get, options.name)
    if options.forget:
        forgotten = await asyncio.to_thread(providers.forget_key, options.name)
        text = (
            f"Forgot the key of {options.name}." if forgotten else "There was none in the credential store."
        )
        output.result({"forgotten": forgotten}, text)
        return 0
    typed = await typed_secret(f"Key for {provider.base_url} (it is not shown):")
    if not typed:
        raise UsageError("No key was given.", next_step="Type it when asked, or pipe it in.")
    provider = await asyncio.to_thread(providers.set_key, options.name, Secret(typed))
    where = await asyncio.to_thread(credentials.where)
    output.result({"provider": _plain(provider)}, f"The key of {provider.name} is kept in {where}.")
    if provider.key_from.startswith("the environment"):
        output.warn(f"{provider.key_from[:1].upper()}{provider.key_from[1:]} stands above it.")
    return 0


def _who(chosen: Chosen) -> str:
    return f"{chosen.model.name} answers." if chosen.model else _RECIPES


def _chosen(chosen: Chosen) -> dict[str, object]:
    return {
        "model": chosen.settings.model,
        "answers": chosen.model.name if chosen.model else "",
        "reasoning_effort": chosen.settings.reasoning_effort,
        "obstacle": chosen.obstacle.message if chosen.obstacle else "",
    }


def _plain(provider: Provider) -> dict[str, object]:
    return {
        "name": provider.name,
        "base_url": provider.base_url,
        "local": provider.local,
        "key_from": provider.key_from,
    }


def _line(provider: Provider) -> str:
    where = ["on this computer"] if provider.local else []
    if provider.key_from:
        where.append(f"key in {provider.key_from}")
    elif provider.needs_key:
        where.append("no key")
    return f"{provider.name:<14} {provider.base_url}" + (f"  ({', '.join(where)})" if where else "")


def _server(server: LocalServer) -> str:
    names = ", ".join(it.id for it in server.models) or "no models"
    return f"{server.provider.name} answers: {names}"


def _facts(info: ModelInfo) -> str:
    facts = []
    if info.window:
        facts.append(f"{info.window:,} tokens")
    if info.takes_images:
        facts.append("images")
    if info.calls_tools is False:
        facts.append("no tools")
    return f"  ({', '.join(facts)})" if facts else ""
