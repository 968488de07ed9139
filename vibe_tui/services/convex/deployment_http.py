"""Requests to one deployment with its key, and what its answers mean.

Sources: the OpenAPI files of Convex's deployment API and public functions API; functions' values travel as
"convex_encoded_json", which loses nothing (values.py).
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from types import TracebackType
from typing import ClassVar, Literal, Self

from vibe_tui.services.convex.answers import Answers
from vibe_tui.services.convex.function_error import FunctionError, read_error
from vibe_tui.services.convex.values import ValueInvalid, readable
from vibe_tui.services.errors import VibeError
from vibe_tui.services.http import Api, OnWait, silent
from vibe_tui.services.http_errors import NotPermitted, SignedOut
from vibe_tui.services.http_failures import wrong_shape
from vibe_tui.services.secret import Secret
from vibe_tui.services.terminal_text import clean

LARGEST_ANSWER = 64 * 1024 * 1024
"""Bytes. A page of documents can be as large as Convex reads at once (16 MiB), and its JSON larger."""
FUNCTION_FAILED = 560
"""The status that some deployments give the answer of a function that threw."""
_FORMAT = "convex_encoded_json"

Door = Literal["query", "mutation", "action", "function"]
"""Where a call goes: /api/query and so on; "function" runs any kind, internal ones too, with the key."""


class KeyRefused(NotPermitted):
    """The deployment does not take the project's key."""

    code = "key_refused"


class DeploymentRefused(VibeError):
    """One of Convex's own functions declined; the message is the deployment's."""

    code: ClassVar[str] = "deployment_refused"


@dataclass(frozen=True, slots=True)
class Called:
    """How a call ended. value: Convex JSON. seconds: the whole round trip, as we measured it."""

    value: object
    error: FunctionError | None
    log_lines: tuple[str, ...]
    seconds: float


class DeploymentHttp:
    """Use it as a context manager. Every method raises HttpError, of which KeyRefused is one."""

    def __init__(self, url: str, key: Secret, *, on_wait: OnWait = silent) -> None:
        self.answers = Answers(url)
        self._api = Api(
            url,
            key,
            scheme="Convex",
            on_wait=on_wait,
            answers=(FUNCTION_FAILED,),
            largest_answer=LARGEST_ANSWER,
        )

    async def __aenter__(self) -> Self:
        await self._api.__aenter__()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._api.__aexit__(kind, error, trace)

    async def get(self, path: str, **query: str) -> object:
        try:
            return await self._api.get(path, **query)
        except (SignedOut, NotPermitted) as error:
            raise _key_refused(error) from error

    async def poll(self, path: str, query: dict[str, str], *, answer_within: float) -> object:
        """See Api.poll."""
        try:
            return await self._api.poll(path, query, answer_within=answer_within)
        except (SignedOut, NotPermitted) as error:
            raise _key_refused(error) from error

    async def post(
        self, path: str, body: dict[str, object], *, repeatable: bool, answer_within: float | None = None
    ) -> object:
        try:
            return await self._api.post(path, body, repeatable=repeatable, answer_within=answer_within)
        except (SignedOut, NotPermitted) as error:
            raise _key_refused(error) from error

    async def call(
        self, door: Door, path: str, args: object, *, repeatable: bool, answer_within: float | None = None
    ) -> Called:
        """Run a function. args: Convex JSON."""
        started = time.monotonic()
        body = {"path": path, "args": args, "format": _FORMAT}
        answer = self.answers.mapping(
            await self.post(f"/api/{door}", body, repeatable=repeatable, answer_within=answer_within)
        )
        seconds = time.monotonic() - started
        lines = tuple(clean(self.answers.text(it)) for it in self.answers.items(answer.get("logLines", [])))
        match answer.get("status"):
            case "success" if "value" in answer:
                return Called(answer["value"], None, lines, seconds)
            case "error":
                message = self.answers.text(answer.get("errorMessage"))
                has_data = "errorData" in answer
                data = self.readable(answer["errorData"]) if has_data else None
                return Called(None, read_error(message, data, has_data=has_data), lines, seconds)
        raise wrong_shape(self.answers.host)

    def readable(self, value: object) -> object:
        """A value of the deployment as people read it."""
        try:
            return readable(value)
        except ValueInvalid as error:
            raise wrong_shape(self.answers.host) from error

    async def ask(self, path: str, **args: object) -> object:
        """The value of one of Convex's own queries (`_system/…`). Raises DeploymentRefused."""
        return _value(await self.call("query", path, args, repeatable=True))

    async def change(self, path: str, **args: object) -> None:
        """Run one of Convex's own mutations that answer `{success, error}`. Raises DeploymentRefused."""
        answer = self.answers.mapping(_value(await self.call("mutation", path, args, repeatable=False)))
        if not self.answers.flag(answer.get("success")):
            raise DeploymentRefused(_sentence(self.answers.text(answer.get("error"))))


def _value(called: Called) -> object:
    if called.error is not None:
        data = called.error.data
        raise DeploymentRefused(_sentence(data if isinstance(data, str) else called.error.message))
    return called.value


def _sentence(said: str) -> str:
    first = clean(said).strip().split("\n")[0].removeprefix("Uncaught ").removeprefix("Error: ")
    return f"The deployment refused: {first.rstrip('.')}."


def _key_refused(error: SignedOut | NotPermitted) -> NotPermitted:
    if isinstance(error, NotPermitted) and not error.api_code.startswith("Bad"):
        return error
    return KeyRefused(
        "The deployment does not accept the project's key; it may have been revoked.",
        status=error.status,
        api_code=error.api_code,
        next_step="Run `vibe-tui disconnect --forget`, then `vibe-tui connect`.",
    )
