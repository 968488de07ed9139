"""`vibe-tui env`: the deployment's environment variables. Values come from stdin, never from the command."""

from __future__ import annotations

import argparse
import asyncio
import getpass
import sys

from vibe_tui.cli.deployment import with_deployment
from vibe_tui.cli.output import Output
from vibe_tui.services.convex.convex_auth import (
    DEFAULT_SITE_URL,
    google_redirect_uri,
    set_up,
    still_to_do,
)
from vibe_tui.services.convex.deployment import DeploymentApi
from vibe_tui.services.convex.deployment_env import changes_of, env_text, read_env_text
from vibe_tui.services.convex.variable_file import LARGEST, env_file_text, read_env_file, write_env_file
from vibe_tui.services.errors import UsageError
from vibe_tui.services.secret import Secret
from vibe_tui.services.terminal_text import STARS, visible


def run(options: argparse.Namespace, output: Output) -> int:
    if options.action == "set":
        value = _typed_value(options)
        return with_deployment(options, output, lambda api: _set(output, api, {options.name: value}))
    if options.action == "import":
        values = read_env_text(_file_text(options.file))
        return with_deployment(options, output, lambda api: _import(output, api, values))
    actions = {"list": _list, "get": _get, "unset": _unset, "export": _export, "set-up-auth": _set_up_auth}
    return with_deployment(options, output, lambda api: actions[options.action](options, output, api))


async def _list(options: argparse.Namespace, output: Output, api: DeploymentApi) -> int:
    variables = await api.variables.all()
    values = {it.name: it.value.reveal() if options.reveal else STARS for it in variables}
    text = "\n".join(f"{name}={visible(value)}" for name, value in values.items()) or "No variables."
    _told(options, output, {"variables": values}, text)
    return 0


async def _get(options: argparse.Namespace, output: Output, api: DeploymentApi) -> int:
    variable = await api.variables.get(options.name)
    value = variable.value.reveal() if options.reveal else STARS
    _told(options, output, {"name": variable.name, "value": value}, value)
    return 0


def _told(options: argparse.Namespace, output: Output, data: dict[str, object], text: str) -> None:
    if options.reveal:
        output.reveal(data, text)
    else:
        output.result(data, f"{text}\nValues are shown with --reveal." if STARS in text else text)


async def _set(output: Output, api: DeploymentApi, values: dict[str, Secret]) -> int:
    await api.variables.set(values)
    names = sorted(values)
    output.result({"set": names}, f"Set {visible(', '.join(names))}.")
    return 0


async def _import(output: Output, api: DeploymentApi, values: dict[str, Secret]) -> int:
    changes = changes_of(await api.variables.all(), values)
    if changes.needed:
        await api.variables.set({name: values[name] for name in changes.needed})
    told = (("New", changes.new), ("Changed", changes.changed), ("The same", changes.same))
    text = "\n".join(f"{title}: {visible(', '.join(names))}" for title, names in told if names)
    data = {"new": changes.new, "changed": changes.changed, "same": changes.same}
    output.result({"set": sorted(values), **data}, text or "Nothing to set.")
    return 0


async def _unset(options: argparse.Namespace, output: Output, api: DeploymentApi) -> int:
    known = {variable.name for variable in await api.variables.all()}
    gone = [name for name in options.names if name in known]
    await api.variables.unset(gone)
    text = f"Removed {visible(', '.join(gone))}." if gone else "There was nothing to remove."
    output.result({"unset": gone}, text)
    return 0


async def _export(options: argparse.Namespace, output: Output, api: DeploymentApi) -> int:
    variables = await api.variables.all()
    text = env_text(variables)
    target = await asyncio.to_thread(write_env_file, options.file, text, replace=options.replace)
    output.result(
        {"path": target, "variables": [variable.name for variable in variables]},
        f"{len(variables)} variables with their values: {target} (only you can read it)",
    )
    return 0


async def _set_up_auth(options: argparse.Namespace, output: Output, api: DeploymentApi) -> int:
    site_url = options.site_url or DEFAULT_SITE_URL
    done = await set_up(api.variables, site_url=site_url, replace_keys=options.replace_keys)
    deployment_site_url = (await api.health()).site_url
    steps = still_to_do(done.state, deployment_site_url)
    text = [f"Set {', '.join(done.set)}." if done.set else "Nothing was missing."]
    if done.kept:
        text.append(f"Kept as they were: {', '.join(done.kept)}.")
    text += ["What is left for you:", *(f"  {number}. {step}" for number, step in enumerate(steps, 1))]
    data: dict[str, object] = {
        "set": done.set,
        "kept": done.kept,
        "google_redirect_uri": google_redirect_uri(deployment_site_url),
        "still_to_do": steps,
    }
    # Not redacted: a variable may hold an address that is part of what is said here. It has no values in it.
    output.reveal(data, "\n".join(text))
    return 0


def _typed_value(options: argparse.Namespace) -> Secret:
    """The value from stdin, or asked for at a terminal without showing it. Raises UsageError."""
    if options.value is not None or "=" in options.name:
        raise UsageError(
            "A value in the command can be read by other programs and stays in the shell's history.",
            next_step=f"Run `vibe-tui env set {visible(options.name.partition('=')[0])}` and type the value "
            "when asked, or pipe it in.",
        )
    if sys.stdin.isatty():
        try:
            return Secret(getpass.getpass(f"Value of {visible(options.name)} (not shown): "))
        except EOFError as error:
            raise UsageError("No value was typed.") from error
    text = sys.stdin.buffer.read(LARGEST).decode(errors="replace")
    return Secret(text.removesuffix("\n"))


def _file_text(name: str) -> str:
    """The text of the file; "-" is stdin. Raises EnvFileUnreadable."""
    if name == "-":
        return env_file_text(sys.stdin.buffer.read(LARGEST), "stdin")
    return read_env_file(name)
