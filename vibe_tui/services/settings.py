"""The user's settings: `settings.toml`, with the environment above it.

Every key, with its default:

    node = ""                      # path of the Node to use; "": find one
    credentials = "auto"           # "auto", "keyring" or "file"

    [e2b]
    template = "base"              # what sandboxes are made from: see docs/e2b-template

    [convex]
    provision_host = "https://api.convex.dev"            # or PROVISION_HOST
    dashboard_host = "https://dashboard.convex.dev"      # or DASHBOARD_HOST
    oauth_client_id = ""                                 # or CONVEX_OAUTH_CLIENT_ID
    oauth_client_secret = ""                             # or CONVEX_OAUTH_CLIENT_SECRET
    redirect_ports = [43110, …, 43117]  # the application registers http://127.0.0.1:<port>/callback for each
    push_limit = 120               # seconds
    sign_in_limit = 300            # seconds

    [assistant]
    model = ""                     # "PROVIDER/MODEL" or "MODEL" of openai; "": the built-in recipes
    reasoning_effort = ""          # "none", "minimal", "low", "medium", "high", "xhigh"; "": the provider's
    window = …                     # tokens the model can look at, instead of an estimate
    price_prompt = …               # US dollars per million tokens of this model; without both prices
    price_completion = …           # the cost of a turn is shown as unknown
    step_limit = 40                # requests to the model in one turn
    token_limit = …                # tokens one turn may use
    price_limit = …                # US dollars one turn may cost

    [providers.NAME]               # as many as you like; openai, ollama, lm-studio, llama-cpp need none
    base_url = "https://…/v1"      # OPENAI_BASE_URL stands above that of openai
    key_variable = "…"             # the environment variable with the key (openai: OPENAI_API_KEY);
                                   # otherwise it is in the credential store: `vibe-tui model key NAME`
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast
from urllib.parse import urlsplit

from vibe_tui.services.assistant_settings import (
    ASSISTANT_KEYS,
    BUILT_IN,
    PROVIDER_KEYS,
    AssistantSettings,
    ProviderSettings,
    is_provider_name,
)
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
    assistant: AssistantSettings = field(default_factory=AssistantSettings)
    providers: Mapping[str, ProviderSettings] = field(default_factory=dict)
    """By name. Those that need no setting are not among them, unless they have one."""
    e2b_template: str = "base"
    """What E2B sandboxes are made from."""


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise ValueError("a text in quotes")
    return value


def _template(value: object) -> str:
    if not _text(value):
        raise ValueError("the name or id of a template")
    return _text(value)


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
    "e2b.template": _template,
    "convex.provision_host": _host,
    "convex.dashboard_host": _host,
    "convex.oauth_client_id": _text,
    "convex.oauth_client_secret": _secret,
    "convex.redirect_ports": _ports,
    "convex.push_limit": _seconds,
    "convex.sign_in_limit": _seconds,
    **{f"assistant.{key}": prove for key, prove in ASSISTANT_KEYS.items()},
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
    plain = {key: value for key, value in values.items() if "." not in key}
    convex, assistant = (_below(table, values) for table in ("convex", "assistant"))
    return Settings(
        **cast(Any, plain),
        e2b_template=cast(str, values.get("e2b.template", "base")),
        convex=ConvexSettings(**cast(Any, convex)),
        assistant=AssistantSettings(**cast(Any, assistant)),
        providers=_providers(_below("providers", values), file),
    )


def _below(table: str, values: Mapping[str, object]) -> dict[str, object]:
    """The values of one table, by their keys in it."""
    begin = f"{table}."
    return {key.removeprefix(begin): value for key, value in values.items() if key.startswith(begin)}


def _providers(values: Mapping[str, object], file: str) -> dict[str, ProviderSettings]:
    names = dict.fromkeys(key.partition(".")[0] for key in values)
    found = {name: ProviderSettings(**cast(Any, _below(name, values))) for name in names}
    for name, provider in found.items():
        if not provider.base_url and name not in BUILT_IN:
            raise SettingsInvalid(
                f"{file}: `providers.{name}` has no address.", next_step="Give it a `base_url`."
            )
    return found


Value = str | float | list[int] | None


def change(home: Home, key: str, value: Value) -> None:
    """Write one setting: see `change_all`."""
    change_all(home, {key: value})


def change_all(home: Home, values: Mapping[str, Value]) -> None:
    """Write these settings, or none of them; None takes one out, so that the default holds again.

    Comments stay. Keys are as in the file, with their tables: "convex.push_limit". With None a key may be
    that of a whole provider: "providers.NAME".
    Raises SettingsInvalid, HomeNotWritable, StoreFull, StoreNotWritable or StoreLocked.
    """
    import tomlkit

    for key, value in values.items():
        if value is not None:
            _prove(key, value, f"`{visible(key)}`")
        elif _proof_of(key) is None and not _is_provider(key):
            raise _unknown(key, f"`{visible(key)}`")
    home.prepare()
    with FileLock(home.settings.with_name(f"{home.settings.name}.lock")):
        _read(home.settings)  # a file that we cannot read is not ours to replace
        text = home.settings.read_text("utf-8") if home.settings.exists() else ""
        document = tomlkit.parse(text)
        for key, value in values.items():
            *tables, name = key.split(".")
            table: Any = document
            for inner in tables:
                table = table.setdefault(inner, tomlkit.table(is_super_table=inner == "providers"))
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
        if key in ("convex", "assistant", "providers", "e2b") and isinstance(value, dict):
            found.update({f"{key}.{name}": inner for name, inner in value.items()})
        else:
            found[key] = value
    for key, value in list(found.items()):
        if _is_provider(key) and isinstance(value, dict):
            del found[key]
            found.update({f"{key}.{name}": inner for name, inner in value.items()})
    return found


def _is_provider(key: str) -> bool:
    table, _, name = key.partition(".")
    return table == "providers" and is_provider_name(name)


def _proof_of(key: str) -> Callable[[object], object] | None:
    table, _, name = key.rpartition(".")
    return PROVIDER_KEYS.get(name) if _is_provider(table) else _KEYS.get(key)


def _prove(key: str, value: object, where: str) -> object:
    prove = _proof_of(key)
    if prove is None:
        raise _unknown(key, where)
    try:
        return prove(value)
    except ValueError as error:
        # Not the value itself: it may be a secret under the wrong name.
        raise SettingsInvalid(f"{where} is not allowed.", next_step=f"It must be {error}.") from error


def _unknown(key: str, where: str) -> SettingsInvalid:
    known = [*_KEYS, *(f"providers.NAME.{name}" for name in PROVIDER_KEYS)]
    return SettingsInvalid(f"{where} is not a setting.", next_step=f"Known are {', '.join(known)}.")
