"""Variables from a file or a pasted text, and to a file."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path

from vibe_tui.screens.confirm import ConfirmDialog, Option
from vibe_tui.screens.dashboard.environment_dialogs import ImportDialog
from vibe_tui.screens.dashboard.tab import Host
from vibe_tui.screens.prompt import PromptDialog
from vibe_tui.services.convex.deployment_env import Changes, changes_of, env_text, read_env_text
from vibe_tui.services.convex.variable_file import EnvFileExists, read_env_file, write_env_file
from vibe_tui.services.terminal_text import visible

_MOST_NAMES = 10


async def import_variables(host: Host) -> bool:
    """Ask what to import, show what it would change, do it. Whether anything was set.

    Raises EnvFileUnreadable, EnvTextInvalid and HttpError.
    """
    source = await host.ask(ImportDialog())
    if source is None:
        return False
    text = source.text.reveal() or await asyncio.to_thread(read_env_file, source.file)
    values = read_env_text(text)
    changes = changes_of(await host.api.variables.all(), values)
    if not changes.needed:
        host.notice("All of it is set already." if values else "There is no variable in it.")
        return False
    options = [Option("cancel", "Cancel"), Option("set", _set_label(changes), "safe")]
    said = "\n".join(_lines(changes))
    if await host.ask(ConfirmDialog("Import variables", said, options)) != "set":
        return False
    await host.api.variables.set({name: values[name] for name in changes.needed})
    host.notice(f"Imported: {len(changes.new)} new, {len(changes.changed)} changed", "good")
    return True


def _set_label(changes: Changes) -> str:
    number = len(changes.needed)
    return f"Set {number} variables" if number > 1 else "Set the variable"


def _lines(changes: Changes) -> Iterator[str]:
    parts = (("new", "+", changes.new), ("changed", "~", changes.changed), ("the same", "=", changes.same))
    yield ", ".join(f"{len(names)} {word}" for word, _, names in parts if names)
    yield ""
    rows = [f"{mark} {visible(name)}" for _, mark, names in parts for name in names]
    yield from rows[:_MOST_NAMES]
    if len(rows) > _MOST_NAMES:
        yield f"… and {len(rows) - _MOST_NAMES} more"


async def export_variables(host: Host) -> None:
    """Ask where to, and write all variables there.

    Raises EnvTextInvalid, StoreFull, StoreNotWritable and HttpError.
    """
    suggestion = str(await asyncio.to_thread(lambda: Path.home() / f"{host.project.name}.env"))
    what = (
        "All variables with their values, as a .env file that only you can read. "
        "Keep it out of the project's folder, where it could be committed. Where to?"
    )
    answer = await host.ask(
        PromptDialog("Export variables", what, value=suggestion, accept="Save with values")
    )
    if answer is None:
        return
    variables = await host.api.variables.all()
    text = env_text(variables)
    try:
        target = await asyncio.to_thread(write_env_file, answer, text, replace=False)
    except EnvFileExists as exists:
        options = [Option("cancel", "Cancel", "safe"), Option("replace", "Replace it", "danger")]
        if await host.ask(ConfirmDialog("Export variables", exists.message, options)) != "replace":
            return
        target = await asyncio.to_thread(write_env_file, answer, text, replace=True)
    host.notice(f"{len(variables)} variables with their values: {visible(str(target))}", "good")
