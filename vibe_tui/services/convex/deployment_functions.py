"""The functions of a deployment: what there is, what each takes, and running one.

Source: `_system/cli/modules:apiSpec`, which `npx convex function-spec` asks, and `/api/function`.
"""

from __future__ import annotations

import difflib
import json
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

from vibe_tui.services.convex import validators
from vibe_tui.services.convex.arguments import ArgumentsInvalid, encode
from vibe_tui.services.convex.deployment_http import DeploymentHttp
from vibe_tui.services.convex.function_error import FunctionError
from vibe_tui.services.convex.validators import ANY, Object, Validator
from vibe_tui.services.errors import VibeError
from vibe_tui.services.http_failures import wrong_shape
from vibe_tui.services.terminal_text import clean

FunctionType = Literal["query", "mutation", "action", "http"]
_TYPES: dict[object, FunctionType] = {"Query": "query", "Mutation": "mutation", "Action": "action"}
LONGEST_RUN = 620.0
"""Seconds: an action may take 10 minutes."""


class FunctionUnknown(VibeError):
    """The deployment has no function of that name."""

    code = "function_unknown"


class NotCallable(VibeError):
    """HTTP actions answer requests to the deployment's site; they are not run by name."""

    code = "not_callable"


@dataclass(frozen=True)
class FunctionSpec:
    """One function. For an HTTP action the name is its method and path, and args and returns mean nothing."""

    name: str
    """As it is called, e.g. "messages:send". Untrusted text, cleaned."""
    type: FunctionType
    public: bool
    """False: only other functions and holders of the key may call it."""
    args: Validator = ANY
    returns: Validator = ANY

    @cached_property
    def signature(self) -> str:
        """E.g. "messages:send({ author: string, body: string }): Id<"messages">"."""
        if self.type == "http":
            return self.name
        args = "" if self.args == Object(()) else validators.signature(self.args)
        return clean(f"{self.name}({args}): {validators.signature(self.returns)}")

    @cached_property
    def example(self) -> str:
        """Arguments to begin with, as readable JSON."""
        given = validators.example(self.args) if isinstance(self.args, Object) else {}
        return clean(json.dumps(given, ensure_ascii=False))

    @property
    def takes(self) -> str:
        """What the arguments are, e.g. "{ author: string }"."""
        return clean(validators.signature(self.args))

    @property
    def gives(self) -> str:
        """What it returns."""
        return clean(validators.signature(self.returns))

    def encode(self, args: object) -> dict[str, object]:
        """Arguments in readable JSON as they are sent. Raises ArgumentsInvalid, saying what is wrong."""
        if not isinstance(args, dict):
            raise ArgumentsInvalid(
                "The arguments have to be a JSON object.", next_step=f"E.g. {self.example}"
            )
        sent = encode(self.args, args)
        if not isinstance(sent, dict):
            raise ArgumentsInvalid("The arguments have to be a JSON object.")
        return sent


@dataclass(frozen=True, slots=True)
class Run:
    """How a run ended."""

    function: str
    value: object
    """What it returned, as readable JSON. Untrusted."""
    error: FunctionError | None
    log_lines: tuple[str, ...]
    """What it logged, e.g. "[LOG] 'sending'". Untrusted text, cleaned."""
    seconds: float
    """The whole round trip."""

    @property
    def ok(self) -> bool:
        return self.error is None


class Functions:
    """Every method raises HttpError and DeploymentRefused."""

    def __init__(self, http: DeploymentHttp) -> None:
        self._http = http

    async def all(self) -> tuple[FunctionSpec, ...]:
        """All of them, sorted by name, HTTP actions last. One of a kind that we do not know is left out."""
        answer = self._http.answers.items(await self._http.ask("_system/cli/modules:apiSpec"))
        specs = [spec for item in answer if (spec := self._spec(item)) is not None]
        return tuple(sorted(specs, key=lambda spec: (spec.type == "http", spec.name)))

    async def find(self, name: str) -> FunctionSpec:
        """By "messages:send", "messages.js:send", "api.messages.send" or, for a default export, "messages".

        Raises FunctionUnknown, naming those that sound alike, and NotCallable.
        """
        specs = await self.all()
        wanted = {name_of(name), name_of(_dotted(name))}
        for spec in specs:
            if spec.name in wanted:
                if spec.type == "http":
                    break
                return spec
        if any(spec.type == "http" and spec.name == name for spec in specs):
            raise NotCallable("HTTP actions are not run by name.", next_step="Send a request to its path.")
        near = difflib.get_close_matches(name, [spec.name for spec in specs if spec.type != "http"])
        raise FunctionUnknown(
            f"There is no function “{clean(name)}”.",
            next_step=f"Did you mean {' or '.join(near)}?" if near else "`vibe-tui functions` lists them.",
        )

    async def site_url(self) -> str:
        """Where HTTP actions answer, e.g. "https://happy-otter-123.convex.site". Untrusted text, cleaned."""
        answers = self._http.answers
        urls = answers.mapping(await self._http.get("/api/v1/get_canonical_urls"))
        return clean(answers.text(urls.get("convexSiteUrl"))).rstrip("/")

    async def run(self, spec: FunctionSpec, args: object) -> Run:
        """Run it with the key, so internal functions too. args: readable JSON.

        A failing function is a result with an error; a mutation or action whose answer was lost is not
        sent again. Raises ArgumentsInvalid (nothing was sent) and NotCallable.
        """
        if spec.type == "http":
            raise NotCallable("HTTP actions are not run by name.", next_step="Send a request to its path.")
        called = await self._http.call(
            "function",
            spec.name,
            spec.encode(args),
            repeatable=spec.type == "query",
            answer_within=LONGEST_RUN,
        )
        value = self._http.readable(called.value)
        return Run(spec.name, value, called.error, called.log_lines, called.seconds)

    def _spec(self, given: object) -> FunctionSpec | None:
        answers = self._http.answers
        item = answers.mapping(given)
        kind = answers.text(item.get("functionType"))
        if kind == "HttpAction":
            name = f"{answers.text(item.get('method'))} {answers.text(item.get('path'))}"
            return FunctionSpec(clean(name), "http", public=True)
        if kind not in _TYPES:
            return None
        try:
            args, returns = (validators.read(item.get(it) or {"type": "any"}) for it in ("args", "returns"))
        except validators.ValidatorUnreadable as error:
            raise wrong_shape(answers.host) from error
        visibility = answers.mapping(item.get("visibility", {})).get("kind", "public")
        name = name_of(answers.text(item.get("identifier")))
        return FunctionSpec(clean(name), _TYPES[kind], visibility == "public", args, returns)


def name_of(identifier: str) -> str:
    """ "messages.js:send" and "messages:send" as "messages:send"; "messages" as "messages:default"."""
    module, _, name = identifier.partition(":")
    return f"{module.removesuffix('.js')}:{name or 'default'}"


def _dotted(name: str) -> str:
    """ "api.admin.users.list" as "admin/users:list"."""
    parts = name.split(".")
    if parts[0] not in ("api", "internal") or len(parts) < 3:
        return name
    return f"{'/'.join(parts[1:-1])}:{parts[-1]}"
