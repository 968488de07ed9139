"""The user's settings: `settings.toml`, with the environment above it.

Every key, with its default:

    node = ""                      # path of the Node to use; "": find one
    credentials = "auto"           # "auto", "keyring" or "file"

    [convex]
    provision_host = "https://api.convex.dev"            # or PROVISION_HOST
    dashboard_host = "https://dashboard.convex.dev"      # or DASHBOARD_HOST
    oauth_client_id = ""                                 # or CONVEX_OAUTH_CLIENT_ID
    oauth_client_secret = ""                             # or CONVEX_OAUTH_CLIENT_SECRET
    redirect_ports = [43110, …, 43117]  # the application registers http://127.0.0.1:<port>/callback for each
    push_limit = 120               # seconds
    sign_in_limit = 300            # seconds
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast
from urllib.parse import urlsplit

from vibe_tui.services.atomic import FileLock, write_atomic
from vibe_tui.services.credentials import Choice
from vibe_tui.services.errors import VibeError
from vibe_tui.services.paths import Home
from vibe_tui.services.secret import Secret
from vibe_tui.services.terminal_text import visible


class SettingsInvalid(VibeError):
    """A setting is unknown or its value is not allowed."""

    code = "settings_invalid"


@dataclass(frozen=True, slots=True)
class ConvexSettings:
    provision_host: str = "https://api.convex.dev"
    """Where the Management API is; no slash at the end."""
    dashboard_host: str = "https://dashboard.convex.dev"
    oauth_client_id: str = ""
    oauth_client_secret: Secret | None = None
    redirect_ports: tuple[int, ...] = tuple(range(43110, 43118))
    """Tried in this order by the listener of the sign-in."""
    push_limit: float = 120.0
    """Seconds."""
    sign_in_limit: float = 300.0
    """Seconds."""


@dataclass(frozen=True, slots=True)
class Settings:
    node: str = ""
    """The Node to use; "": find one."""
    credentials: Choice = "auto"
    convex: ConvexSettings = field(default_factory=ConvexSettings)


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise ValueError("a text in quotes")
    return value


def _path(value: object) -> str:
    text = _text(value)
    return str(Path(text).expanduser()) if text else ""


def _choice(value: object) -> str:
    if value not in ("auto", "keyring", "file"):
        raise ValueError('"auto", "keyring" or "file"')
    return value


def _host(value: object) -> str:
    allowed = "an address such as https://api.convex.dev (http only for this computer itself)"
    if not isinstance(value, str):
        raise ValueError(allowed)
    try:
        parts = urlsplit(value)
        loopback = parts.hostname in ("127.0.0.1", "localhost", "::1")
        whole = bool(parts.hostname) and not (parts.username or parts.query or parts.fragment)
        _ = parts.port  # raises when it is no number
    except ValueError:
        raise ValueError(allowed) from None
    if not whole or not (parts.scheme == "https" or (parts.scheme == "http" and loopback)):
        raise ValueError(allowed)
    return value.rstrip("/")


def _secret(value: object) -> Secret | None:
    if not isinstance(value, str):
        raise ValueError("a text in quotes")
    return Secret(value) if value else None


def _ports(value: object) -> tuple[int, ...]:
    if not isinstance(value, list) or not value or not all(type(port) is int for port in value):
        raise ValueError("a list of port numbers")
    if not all(1024 <= port <= 65535 for port in value):
        raise ValueError("a list of port numbers from 1024 to 65535")
    return tuple(value)


def _seconds(value: object) -> float:
    if type(value) not in (int, float) or not 1 <= cast(float, value) <= 3600:
        raise ValueError("a number of seconds from 1 to 3600")
    return float(cast(float, value))


_KEYS: dict[str, Callable[[object], object]] = {
    "node": _path,
    "credentials": _choice,
    "convex.provision_host": _host,
    "convex.dashboard_host": _host,
    "convex.oauth_client_id": _text,
    "convex.oauth_client_secret": _secret,
    "convex.redirect_ports": _ports,
    "convex.push_limit": _seconds,
    "convex.sign_in_limit": _seconds,
}
"""From a key to the function that proves its value; it raises ValueError with what is allowed."""

_VARIABLES = {
    "PROVISION_HOST": "convex.provision_host",
    "DASHBOARD_HOST": "convex.dashboard_host",
    "CONVEX_OAUTH_CLIENT_ID": "convex.oauth_client_id",
    "CONVEX_OAUTH_CLIENT_SECRET": "convex.oauth_client_secret",
}


def load(home: Home, environ: Mapping[str, str] = os.environ) -> Settings:
    """The settings in force. Raises SettingsInvalid."""
    values: dict[str, object] = {}
    file = visible(str(home.settings))
    for key, value in _flat(_read(home.settings)).items():
        values[key] = _prove(key, value, f"{file}: `{visible(key)}`")
    for variable, key in _VARIABLES.items():
        if environ.get(variable):
            values[key] = _prove(key, environ[variable], f"The environment variable {variable}")
    convex = {
        key.removeprefix("convex."): value for key, value in values.items() if key.startswith("convex.")
    }
    plain = {key: value for key, value in values.items() if "." not in key}
    return Settings(**cast(Any, plain), convex=ConvexSettings(**cast(Any, convex)))


def change(home: Home, key: str, value: str | float | list[int] | None) -> None:
    """Write one setting; None takes it out, so that the default holds again. Comments stay.

    key: as in the file, with its table: "convex.push_limit".
    Raises SettingsInvalid, HomeNotWritable, StoreFull, StoreNotWritable or StoreLocked.
    """
    import tomlkit

    if value is not None:
        _prove(key, value, f"`{visible(key)}`")
    elif key not in _KEYS:
        raise _unknown(key, f"`{visible(key)}`")
    home.prepare()
    with FileLock(home.settings.with_name(f"{home.settings.name}.lock")):
        _read(home.settings)  # a file that we cannot read is not ours to replace
        text = home.settings.read_text("utf-8") if home.settings.exists() else ""
        document = tomlkit.parse(text)
        table_name, _, name = key.rpartition(".")
        table: Any = document.setdefault(table_name, tomlkit.table()) if table_name else document
        if value is None:
            table.pop(name, None)
        else:
            table[name] = value
        write_atomic(home.settings, tomlkit.dumps(document).encode())


def _read(path: Path) -> dict[str, Any]:
    try:
        raw = path.read_bytes()
    except (FileNotFoundError, NotADirectoryError):
        return {}
    except OSError as error:
        raise _unreadable(path, error.strerror or str(error)) from error
    import tomllib

    try:
        return tomllib.loads(raw.decode())
    except UnicodeDecodeError as error:
        raise _unreadable(path, "it is not UTF-8 text") from error
    except tomllib.TOMLDecodeError as error:
        raise _unreadable(path, str(error)) from error


def _unreadable(path: Path, reason: str) -> SettingsInvalid:
    return SettingsInvalid(
        f"The settings file {visible(str(path))} cannot be read: {visible(reason)}.",
        next_step="Correct it, or move it away to use the defaults.",
    )


def _flat(content: Mapping[str, Any]) -> dict[str, object]:
    """The values by dotted key."""
    found: dict[str, object] = {}
    for key, value in content.items():
        if key == "convex" and isinstance(value, dict):
            found.update({f"{key}.{name}": inner for name, inner in value.items()})
        else:
            found[key] = value
    return found


def _prove(key: str, value: object, where: str) -> object:
    if key not in _KEYS:
        raise _unknown(key, where)
    try:
        return _KEYS[key](value)
    except ValueError as error:
        # Not the value itself: it may be a secret under the wrong name.
        raise SettingsInvalid(f"{where} is not allowed.", next_step=f"It must be {error}.") from error


def _unknown(key: str, where: str) -> SettingsInvalid:
    return SettingsInvalid(f"{where} is not a setting.", next_step=f"Known are {', '.join(_KEYS)}.")
