"""How the user wants to disconnect."""

from __future__ import annotations

from typing import Any, cast

from textual.app import App

from vibe_tui.screens.confirm import ConfirmDialog, Option
from vibe_tui.services.convex.disconnecting import How
from vibe_tui.services.convex.journal import Begun
from vibe_tui.services.model import Connected

_WHERE = {
    "emulator": "in the emulator",
    "local-backend": "on this computer",
    "self-hosted": "where it is",
    "cloud": "at Convex",
}


def how_to_disconnect(connection: Connected | Begun) -> ConfirmDialog:
    where = _WHERE[connection.backend]
    return ConfirmDialog(
        "Disconnect from Convex",
        "The code stays, and the dev server stops.\n\n"
        f"Forget here: the key and the Convex project stay {where}.\n"
        "Revoke the key: it opens nothing any more; the Convex project stays.\n"
        f"Delete the project: {connection.project} {where} goes, with its data and the key.",
        [
            Option("cancel", "Cancel", "safe"),
            Option("forget", "Forget here"),
            Option("revoke", "Revoke the key"),
            Option("delete-project", "Delete the project", "danger"),
        ],
    )


def _forget_a_given_key() -> ConfirmDialog:
    """Nothing was made at Convex, so there is nothing to take back."""
    return ConfirmDialog(
        "Disconnect from Convex",
        "The code stays, and the dev server stops.\n\n"
        "The key is yours: it stays valid, and everything at Convex stays as it is.",
        [Option("cancel", "Cancel", "safe"), Option("forget", "Forget here")],
    )


async def ask_how(app: App[Any], connection: Begun) -> How | None:
    """What to do with the key and the Convex project; None: nothing. Deleting has its name typed."""
    answer = await app.push_screen_wait(
        how_to_disconnect(connection) if connection.key_name else _forget_a_given_key()
    )
    if answer == "delete-project":
        answer = await app.push_screen_wait(
            ConfirmDialog(
                "Delete the Convex project",
                f"{connection.project} and all its data are deleted. This cannot be undone.",
                [Option("cancel", "Cancel", "safe"), Option("delete-project", "Delete it", "danger")],
                type_name=connection.project,
            )
        )
    return None if answer in (None, "cancel") else cast(How, answer)
