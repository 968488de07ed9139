"""The environment variables of a deployment, and their text form.

Source: `/api/v1/list_environment_variables` and `/api/v1/update_environment_variables`.
"""

from __future__ import annotations

import io
import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from vibe_tui.services.convex.deployment_http import DeploymentHttp
from vibe_tui.services.errors import VibeError
from vibe_tui.services.secret import Secret
from vibe_tui.services.terminal_text import clean, visible

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_PLAIN = re.compile(r"[A-Za-z0-9_.:/|=+@,-]+")


class EnvTextInvalid(VibeError):
    """A .env text that cannot be understood; nothing of it was set."""

    code = "env_text_invalid"


class VariableUnknown(VibeError):
    """The deployment has no variable of that name."""

    code = "variable_unknown"


@dataclass(frozen=True, slots=True)
class Variable:
    name: str
    """Untrusted text, cleaned."""
    value: Secret


@dataclass(frozen=True, slots=True)
class Changes:
    """What setting variables would do: names, sorted."""

    new: tuple[str, ...]
    changed: tuple[str, ...]
    same: tuple[str, ...]

    @property
    def needed(self) -> tuple[str, ...]:
        return (*self.new, *self.changed)


class Variables:
    """Every method raises HttpError."""

    def __init__(self, http: DeploymentHttp) -> None:
        self._http = http

    async def all(self) -> tuple[Variable, ...]:
        """Sorted by name."""
        answers = self._http.answers
        answer = answers.mapping(await self._http.get("/api/v1/list_environment_variables"))
        values = answers.texts(answer.get("environmentVariables"))
        return tuple(Variable(clean(name), Secret(value)) for name, value in sorted(values.items()))

    async def get(self, name: str) -> Variable:
        """Raises VariableUnknown."""
        for variable in await self.all():
            if variable.name == name:
                return variable
        raise VariableUnknown(
            f"The deployment has no variable {visible(name)}.", next_step="`vibe-tui env list` names them."
        )

    async def set(self, values: Mapping[str, Secret]) -> None:
        """All or none. The deployment checks names and sizes, and says what is wrong (ApiError)."""
        await self._change({name: value.reveal() for name, value in values.items()})

    async def unset(self, names: Iterable[str]) -> None:
        """All or none; one that is not there is no error."""
        await self._change(dict.fromkeys(names))

    async def _change(self, changes: Mapping[str, str | None]) -> None:
        body: dict[str, object] = {
            "changes": [{"name": name, "value": value} for name, value in changes.items()]
        }
        await self._http.post("/api/v1/update_environment_variables", body, repeatable=True)


def changes_of(now: Iterable[Variable], wanted: Mapping[str, Secret]) -> Changes:
    """What setting `wanted` would change in what is set `now`."""
    values = {variable.name: variable.value for variable in now}
    new = tuple(sorted(name for name in wanted if name not in values))
    there = sorted(name for name in wanted if name in values)
    same = tuple(name for name in there if values[name] == wanted[name])
    return Changes(new, tuple(name for name in there if name not in same), same)


def read_env_text(text: str) -> dict[str, Secret]:
    """The variables of a .env text, as dotenv reads it; `$` means nothing. Raises EnvTextInvalid."""
    from dotenv.parser import parse_stream

    found: dict[str, Secret] = {}
    for binding in parse_stream(io.StringIO(text)):
        if binding.error or (binding.key is not None and binding.value is None):
            raise EnvTextInvalid(
                f"Line {binding.original.line} is not of the form NAME=value; nothing was set.",
                next_step="Correct it, then import again.",
            )
        if binding.key is not None and binding.value is not None:
            found[binding.key] = Secret(binding.value)
    return found


def env_text(variables: Iterable[Variable]) -> str:
    """A .env text that `read_env_text` reads back. It has the values in it. Raises EnvTextInvalid."""
    lines = []
    for variable in variables:
        if not _NAME.fullmatch(variable.name):
            raise EnvTextInvalid(f"The name {visible(variable.name)} cannot stand in a .env file.")
        line = f"{variable.name}={_quoted(variable.value.reveal())}\n"
        if read_env_text(line) != {variable.name: variable.value}:
            raise EnvTextInvalid(
                f"The value of {variable.name} has characters that a .env file cannot hold.",
                next_step="Export the others by name, or read it with `vibe-tui env get`.",
            )
        lines.append(line)
    return "".join(lines)


def _quoted(value: str) -> str:
    if not value or _PLAIN.fullmatch(value):
        return value
    if "'" not in value and "\\" not in value:
        return f"'{value}'"
    return json.dumps(value, ensure_ascii=False)
