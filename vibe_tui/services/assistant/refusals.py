"""What the refusals of model servers and the failures of connections to them mean.

Servers agree on `{"error": {"message", "code", "param"}}` and on little else, so beside the status their
words are looked at.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING

from vibe_tui.services.assistant.chat_model import NoTools
from vibe_tui.services.assistant.model_errors import (
    AttemptFailed,
    ContextTooLong,
    KeyRefused,
    ModelFailed,
    ModelNotPermitted,
    ModelNotTrusted,
    ModelRateLimited,
    ModelSilent,
    ModelTrouble,
    ModelUnknown,
    ModelUnreachable,
    NotAModelServer,
    QuotaUsedUp,
    RequestRefused,
)
from vibe_tui.services.assistant.retries import LONGEST_WAIT, asked_wait, spoken
from vibe_tui.services.http_errors import HostUnreachable, HttpError, NotTheApi, TimedOut, TlsFailed
from vibe_tui.services.http_failures import failures_of, host_name
from vibe_tui.services.terminal_text import clean, redact

if TYPE_CHECKING:
    from vibe_tui.services.assistant.provider import Provider

_TOOLS = re.compile(
    r"(not|n't) (currently )?support \W*(the )?\W*(use of )?\W*(tool|function)"
    r"|(tool|function)[\w -]*\W*(is|are) not supported"
    r"|support tool use|requires? --jinja|--enable-auto-tool-choice"
)
_CONTEXT = re.compile(
    r"context[ _](length|window|size)|maximum context|prompt is too long|input is too long|too many tokens"
)
_MODEL = re.compile(
    r"model\b.{0,120}\b(not found|not exist|n't exist|unknown|not available|not loaded)"
    r"|(not a valid|invalid|unknown|no such) model"
)
_QUOTA = re.compile(r"insufficient[ _](quota|credit|balance|funds)|exceeded your current quota|billing")
_MAY_WORK_LATER = (408, 409, 425)


def refusal(
    provider: Provider, model: str, status: int, body: object, headers: Mapping[str, str], *, tools: bool
) -> AttemptFailed:
    """What an answer that is no success means.

    body: the decoded error, or the text of the answer. tools: whether the request offered any.
    """
    host = host_name(provider.base_url)
    said, code = said_in(body), _code(body)
    words = f"{code} {_text(_part(body, 'param'))} {said}".lower()
    page = isinstance(body, str) and body.lstrip()[:1] == "<"
    if status < 400:
        return AttemptFailed(_portal(host, "with a redirect"))
    if status == 407:
        problem: ModelFailed = ModelUnreachable(
            f"The proxy on the way to {host} asks for a user and password.",
            next_step="Put them into HTTPS_PROXY.",
        )
        return AttemptFailed(problem)
    if page and status < 500 and status not in (401, 404, 429):
        return AttemptFailed(_portal(host, f"with a page (status {status})"))
    quote = "" if page else _quoted(said)
    if tools and (
        _TOOLS.search(words) or (_text(_part(body, "param")) == "tools" and "unsupported" in words)
    ):
        return AttemptFailed(no_tools(model, quote))
    if _CONTEXT.search(words) or status == 413:
        problem = ContextTooLong(
            f"The conversation is longer than {clean(model)} can look at{quote}.",
            next_step="Start a new conversation, or choose a model that can look at more.",
        )
        return AttemptFailed(problem)
    if status == 402 or (status in (403, 429) and _QUOTA.search(words)):
        problem = QuotaUsedUp(
            f"The account at {host} has no quota or credit left{quote}.",
            next_step="Add credit there, or choose another provider.",
        )
        return AttemptFailed(problem)
    return _by_status(provider, model, host, status, words, quote, headers)


def _by_status(
    provider: Provider,
    model: str,
    host: str,
    status: int,
    words: str,
    quote: str,
    headers: Mapping[str, str],
) -> AttemptFailed:
    if status == 401:
        return AttemptFailed(_key_refused(provider, host, quote))
    if status == 403:
        problem: ModelFailed = ModelNotPermitted(
            f"{host} does not allow {clean(model)} with this key{quote}.",
            next_step="Choose another model, or a key that may use it.",
        )
        return AttemptFailed(problem)
    if status in (400, 404, 422) and (_MODEL.search(words) or "model_not_found" in words):
        problem = ModelUnknown(
            f"{host} has no model {clean(model)}{quote}.",
            next_step=f"See what there is: `vibe-tui model list {provider.name}`.",
        )
        return AttemptFailed(problem)
    if status == 404:
        problem = NotAModelServer(
            f"{host} has no Chat Completions at {clean(provider.base_url)}{quote}.",
            next_step="Check the provider's address; most end in /v1.",
        )
        return AttemptFailed(problem)
    if status == 429:
        return _rate_limited(host, quote, headers)
    if status >= 500 or status in _MAY_WORK_LATER:
        problem = ModelTrouble(
            f"{host} has a problem of its own (status {status}){quote}.", next_step="Try again in a moment."
        )
        again = headers.get("x-should-retry", "") != "false"
        return AttemptFailed(problem, again=again, retry_after=asked_wait(headers))
    next_step = "Choose another model."
    if "reasoning" in words and "effort" in words:
        next_step = "Take reasoning_effort out of the settings, or choose another value."
    return AttemptFailed(
        RequestRefused(f"{host} refused the request (status {status}){quote}.", next_step=next_step)
    )


def _rate_limited(host: str, quote: str, headers: Mapping[str, str]) -> AttemptFailed:
    wait = asked_wait(headers)
    asks = "" if wait is None else f"; it asks to wait {spoken(wait)}"
    later = wait is not None and wait > LONGEST_WAIT
    problem = ModelRateLimited(
        f"{host} had too many requests{asks}{'' if later else quote}.",
        next_step="Try again after that time." if later else "Try again in a few minutes.",
    )
    return AttemptFailed(problem, again=headers.get("x-should-retry", "") != "false", retry_after=wait)


def _key_refused(provider: Provider, host: str, quote: str) -> KeyRefused:
    give = f"`vibe-tui model key {provider.name}`"
    if not provider.key_from:
        return KeyRefused(f"{host} asks for a key, and there is none.", next_step=f"Give it one: {give}.")
    return KeyRefused(
        f"{host} does not accept the key from {provider.key_from}{quote}.",
        next_step="Correct it there."
        if provider.key_from.startswith("the environment")
        else f"Give it a new one: {give}.",
    )


def no_tools(model: str, quote: str = "") -> NoTools:
    return NoTools(
        f"{clean(model)} cannot call tools, so it cannot change the project{quote}.",
        next_step="Choose a model that supports tool calls.",
    )


def _portal(host: str, how: str) -> NotAModelServer:
    return NotAModelServer(
        f"{host} answered {how}, so it is not a model server.",
        next_step="Check the provider's address, and whether a proxy or a sign-in page of the network is "
        "in between.",
    )


def not_a_stream(provider: Provider, content_type: str) -> NotAModelServer:
    """content_type: of an answer with status 200."""
    kind = content_type.partition(";")[0].strip()
    how = "with a page" if kind == "text/html" else "with something else than a stream of an answer"
    return _portal(host_name(provider.base_url), how)


def not_a_list(provider: Provider) -> NotAModelServer:
    return _portal(host_name(provider.base_url), "with something else than a list of models")


async def connection_failure(provider: Provider, error: BaseException, limit: float) -> AttemptFailed:
    """What a failure of httpx2, or of what it is made of, means. limit: seconds waited for an answer."""
    import httpx2

    known = (httpx2.TransportError, httpx2.DecodingError, httpx2.InvalidURL, HttpError, TimeoutError)
    if not isinstance(error, known):  # a failure of TLS in the middle comes as it is
        error = httpx2.ReadError(type(error).__name__)
    try:
        async with failures_of(provider.base_url, limit):
            raise error
    except HttpError as failure:
        problem = failure
    kind: type[ModelFailed] = ModelUnreachable
    again = True
    if isinstance(problem, TlsFailed):
        kind, again = ModelNotTrusted, False
    elif isinstance(problem, TimedOut):
        kind = ModelSilent
    elif isinstance(problem, NotTheApi):
        return AttemptFailed(_portal(host_name(provider.base_url), "in a form that cannot be read"))
    elif isinstance(problem, HostUnreachable) and provider.local:
        again = False  # it has to be started first
    return AttemptFailed(kind(problem.message, next_step=problem.next_step), again=again)


def said_in(body: object) -> str:
    """One safe line of what a server said, without the full stop at its end; "" when it said nothing."""
    if isinstance(body, Mapping):
        text = next((it for key in ("message", "detail", "error") if (it := said_in(body.get(key)))), "")
    elif isinstance(body, list):  # as FastAPI tells of wrong parameters
        text = "; ".join(filter(None, (said_in(it) or _text(_part(it, "msg")) for it in body[:3])))
    else:
        text = _text(body)
    return redact(" ".join(clean(text).split()))[:300].rstrip(".")


def _code(body: object) -> str:
    return _text(_part(body, "code")) or _text(_part(body, "type"))


def _part(body: object, name: str) -> object:
    found: object = body.get(name) if isinstance(body, Mapping) else None
    return found


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""


def _quoted(said: str) -> str:
    return f": “{said}”" if said else ""
