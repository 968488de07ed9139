"""Which models a provider has, and what it tells of them; and the servers on this computer."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from vibe_tui.services.assistant.chat_model import ModelFailed
from vibe_tui.services.assistant.refusals import connection_failure, not_a_list, refusal
from vibe_tui.services.http import client_options
from vibe_tui.services.http_errors import HttpError
from vibe_tui.services.terminal_text import clean

if TYPE_CHECKING:
    import httpx2

    from vibe_tui.services.assistant.provider import Provider

LIMIT = 15.0
"""Seconds for the list of a provider."""
PROBE_LIMIT = 1.0
"""Seconds for a server on this computer to show itself."""
_LARGEST_LIST = 16 * 1024 * 1024
_MOST = 5000
_NO_CHAT = re.compile(r"embed|whisper|tts|dall-e|moderation|transcri|realtime|-image|-audio|rerank")


@dataclass(frozen=True, slots=True)
class ModelInfo:
    """A model, as its provider tells of it."""

    id: str
    window: int = 0
    """Tokens it can look at; 0: not told."""
    takes_images: bool | None = None
    """None: not told."""
    calls_tools: bool | None = None


@dataclass(frozen=True, slots=True)
class LocalServer:
    """A server that answers on this computer."""

    provider: Provider
    models: tuple[ModelInfo, ...]


async def models_of(provider: Provider, limit: float = LIMIT) -> tuple[ModelInfo, ...]:
    """The models that may be chatted with, by name. Asks the provider. Raises ModelFailed."""
    import httpx2

    key = await asyncio.to_thread(provider.key)
    options = await asyncio.to_thread(client_options, provider.base_url, largest_answer=_LARGEST_LIST)
    headers = {"Authorization": f"Bearer {key.reveal()}"} if key else {}
    try:
        async with asyncio.timeout(limit), httpx2.AsyncClient(**options) as client:
            response = await client.get(
                f"{provider.base_url}/models", headers=headers, timeout=httpx2.Timeout(limit)
            )
    except (httpx2.HTTPError, httpx2.InvalidURL, HttpError, TimeoutError) as error:
        raise (await connection_failure(provider, error, limit)).problem from error
    if not response.is_success:
        body = _decoded(response)
        status, told = response.status_code, response.headers
        error_body = body.get("error", body) if isinstance(body, Mapping) else body
        raise refusal(provider, "", status, error_body, told, tools=False).problem
    body = _decoded(response)
    rows = body.get("data") if isinstance(body, Mapping) else None
    if not isinstance(rows, list):
        raise not_a_list(provider)
    found = {info.id: info for row in rows[:_MOST] if (info := _info(row)) is not None}
    return tuple(found[id] for id in sorted(found))


async def probe_local(providers: Sequence[Provider], limit: float = PROBE_LIMIT) -> tuple[LocalServer, ...]:
    """Those of the providers on this computer that answer. Only when the user asks: it knocks at ports."""

    async def probe(provider: Provider) -> LocalServer | None:
        try:
            return LocalServer(provider, await models_of(provider, limit))
        except ModelFailed:  # nothing is there, or something else
            return None

    here = {provider.base_url: provider for provider in reversed(providers) if provider.local}
    found = await asyncio.gather(*map(probe, reversed(here.values())))
    return tuple(server for server in found if server is not None)


def _decoded(response: httpx2.Response) -> object:
    try:
        decoded: object = response.json()
    except (ValueError, RecursionError):
        return response.text
    return decoded


def _info(row: object) -> ModelInfo | None:
    """Beside "id" every provider has its own words."""
    if not isinstance(row, Mapping):
        return None
    id = row.get("id")
    if not isinstance(id, str) or not re.fullmatch(r"[!-~]{1,200}", id) or _NO_CHAT.search(id.lower()):
        return None
    sizes = (
        *(
            row.get(name)
            for name in ("context_length", "max_model_len", "context_window", "max_context_length")
        ),
        _in(row.get("meta"), "n_ctx"),
    )
    window = next((size for size in sizes if type(size) is int and size > 0), 0)
    kinds = _in(row.get("architecture"), "input_modalities")
    parameters = row.get("supported_parameters")
    abilities = row.get("capabilities")
    images = "image" in kinds if isinstance(kinds, list) else _truth(_in(abilities, "vision"))
    tools = (
        "tools" in parameters if isinstance(parameters, list) else _truth(_in(abilities, "function_calling"))
    )
    return ModelInfo(clean(id), window, images, tools)


def _in(mapping: object, name: str) -> object:
    found: object = mapping.get(name) if isinstance(mapping, Mapping) else None
    return found


def _truth(value: object) -> bool | None:
    return value if isinstance(value, bool) else None
