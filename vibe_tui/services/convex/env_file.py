"""The Convex variables of `.env.local` (DESIGN 5.14): pure text in, text out.

Comments, order and every variable that is not ours stay as they are. A variable of the user's own that
would fight with ours (the CLI refuses CONVEX_DEPLOYMENT beside the self-hosted pair, for one) is set
aside as a comment when we connect and comes back when we disconnect.
"""

from __future__ import annotations

import io
import re
from collections.abc import Mapping

from vibe_tui.services.errors import VibeError
from vibe_tui.services.model import Connected
from vibe_tui.services.secret import Secret

OURS = (
    "CONVEX_DEPLOY_KEY",
    "CONVEX_SELF_HOSTED_URL",
    "CONVEX_SELF_HOSTED_ADMIN_KEY",
    "CONVEX_DEPLOYMENT",
    "CONVEX_DEPLOYMENT_TOKEN",
    "CONVEX_URL",
    "CONVEX_SITE_URL",
    "EXPO_PUBLIC_CONVEX_URL",
    "EXPO_PUBLIC_CONVEX_SITE_URL",
)
"""Written by us or by the Convex CLI while a project is connected."""

_HEADER = "# Convex, written by vibe-tui. Disconnecting removes these lines."
_ASIDE = "# set aside by vibe-tui while connected: "
_PLAIN_VALUE = re.compile(r"[A-Za-z0-9_.:/|=+@,-]+")


class EnvFileInvalid(VibeError):
    """A value cannot be written so that every reader of `.env.local` understands it alike."""

    code = "env_file_invalid"


def variables(connection: Connected, key: Secret) -> dict[str, str]:
    """The variables that make the Convex CLI and the app use this connection."""
    if connection.backend == "cloud":
        credentials = {"CONVEX_DEPLOY_KEY": key.reveal()}
    else:
        credentials = {
            "CONVEX_SELF_HOSTED_URL": connection.url,
            "CONVEX_SELF_HOSTED_ADMIN_KEY": key.reveal(),
        }
    site = {"EXPO_PUBLIC_CONVEX_SITE_URL": connection.site_url} if connection.site_url else {}
    return {**credentials, "EXPO_PUBLIC_CONVEX_URL": connection.url, **site}


def with_connection(text: str, values: Mapping[str, str]) -> str:
    """`text` with exactly these Convex variables in it.

    Variables the CLI added for the same connection (CONVEX_DEPLOYMENT in the cloud) are kept.
    Raises EnvFileInvalid for a value that dotenv readers could take differently.
    """
    for name, value in values.items():
        if not _PLAIN_VALUE.fullmatch(value):
            raise EnvFileInvalid(
                f"The value for {name} has characters that `.env.local` cannot hold safely.",
                next_step="Disconnect and connect again to get a new key.",
            )
    connected_before = _HEADER in text
    kept: list[str] = []
    for key, original in _lines(text):
        name = key or ""
        if name in values:
            if not connected_before:
                kept.append(_aside(original))
        elif name in OURS and not connected_before:
            kept.append(_aside(original))
        elif _HEADER not in original and not (name in OURS and _conflicts(name, values)):
            kept.append(original)
    body = _ending_with_newline("".join(kept))
    block = "".join(f"{name}={value}\n" for name, value in values.items())
    return f"{body}{_HEADER}\n{block}"


def without_connection(text: str) -> str:
    """`text` without our variables and those the CLI added; what was set aside is back.

    A file we never wrote to is returned unchanged.
    """
    if _HEADER not in text:
        return text
    kept: list[str] = []
    for name, original in _lines(text):
        if _HEADER in original or name in OURS:
            continue
        kept.append(original.replace(_ASIDE, "", 1) if _ASIDE in original else original)
    return "".join(kept)


def _lines(text: str) -> list[tuple[str | None, str]]:
    """(variable or None, the original text) of every piece, joining to exactly `text`."""
    from dotenv.parser import parse_stream

    return [(binding.key, binding.original.string) for binding in parse_stream(io.StringIO(text))]


def _conflicts(name: str, values: Mapping[str, str]) -> bool:
    """Whether this left-over of ours belongs to the other kind of connection."""
    if "CONVEX_DEPLOY_KEY" in values:
        return name.startswith("CONVEX_SELF_HOSTED")
    return name in {"CONVEX_DEPLOY_KEY", "CONVEX_DEPLOYMENT", "CONVEX_DEPLOYMENT_TOKEN"}


def _aside(original: str) -> str:
    stripped = original.lstrip("\n")
    leading = original[: len(original) - len(stripped)]
    return leading + "".join(f"{_ASIDE}{line}" for line in stripped.splitlines(keepends=True))


def _ending_with_newline(text: str) -> str:
    return text if not text or text.endswith("\n") else text + "\n"
