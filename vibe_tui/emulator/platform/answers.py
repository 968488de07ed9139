"""Errors and arguments of the JSON APIs, in Convex's shape: `{"code": "CamelCase", "message": "…"}`."""

from __future__ import annotations

import json
import re
from collections.abc import Collection
from typing import Any

from aiohttp import web

from vibe_tui.emulator.platform.records import now

_LONGEST_TEXT = 8192
_LONE_SURROGATE = re.compile("[\\ud800-\\udfff]")
_HALF_AN_HOUR = 30 * 60 * 1000


class ApiError(Exception):
    """An answer that is not a success."""

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message

    def response(self) -> web.Response:
        return web.json_response({"code": self.code, "message": self.message}, status=self.status)


class Arguments:
    """The JSON object of a request. Every getter raises ApiError (400) with the field's name."""

    def __init__(self, values: dict[str, Any]) -> None:
        self._values = values

    @classmethod
    async def of(cls, request: web.Request, *allowed: str) -> Arguments:
        """The body, which may be left out; fields that are not `allowed` are refused as in the spec."""
        body = await request.read()
        try:
            values = json.loads(body) if body.strip() else {}
        except (ValueError, RecursionError) as error:  # also text that is not UTF-8, or nested without end
            raise bad_request("BadJsonBody", "The request's body is not valid JSON.") from error
        if values is None:
            values = {}
        if not isinstance(values, dict):
            raise bad_request("BadJsonBody", "The request's body must be a JSON object.")
        for name in values:
            if name not in allowed:
                raise bad_request("BadJsonBody", f"Unknown field {name!r}.")
        return cls(values)

    def text(self, name: str) -> str:
        value = self.optional_text(name)
        if value is None or not value.strip():
            raise bad_request("BadJsonBody", f"The field {name!r} must be a text that is not empty.")
        return value

    def optional_text(self, name: str) -> str | None:
        value = self._values.get(name)
        if value is None:
            return None
        if not isinstance(value, str) or len(value) > _LONGEST_TEXT or _LONE_SURROGATE.search(value):
            raise bad_request("BadJsonBody", f"The field {name!r} must be a text.")
        return value

    def choice(self, name: str, choices: Collection[str]) -> str | None:
        value = self.optional_text(name)
        if value is not None and value not in choices:
            raise bad_request("BadJsonBody", f"The field {name!r} must be one of {', '.join(choices)}.")
        return value

    def optional_flag(self, name: str) -> bool | None:
        value = self._values.get(name)
        if value is not None and not isinstance(value, bool):
            raise bad_request("BadJsonBody", f"The field {name!r} must be true or false.")
        return value

    def expiry(self) -> int | None:
        """`expiresAt`: milliseconds since 1970, at least 30 minutes ahead."""
        value = self._values.get("expiresAt")
        if value is None:
            return None
        if not isinstance(value, int) or isinstance(value, bool):
            raise bad_request("BadJsonBody", "The field 'expiresAt' must be a number of milliseconds.")
        if value < now() + _HALF_AN_HOUR - 5_000:  # a little grace for the time the request took
            raise bad_request("InvalidExpiry", "'expiresAt' must be at least 30 minutes in the future.")
        return value

    def items(self, name: str) -> list[Any]:
        value = self._values.get(name, [])
        if not isinstance(value, list):
            raise bad_request("BadJsonBody", f"The field {name!r} must be a list.")
        return value


def bad_request(code: str, message: str) -> ApiError:
    return ApiError(400, code, message)


def not_found(what: str, message: str) -> ApiError:
    return ApiError(404, f"{what}NotFound", message)


def flag(request: web.Request, name: str) -> bool | None:
    """A true/false parameter of the query, None when it is absent. Raises ApiError (400)."""
    value = request.query.get(name)
    if value in (None, ""):
        return None
    if value not in ("true", "false"):
        raise bad_request("BadQueryParameter", f"The parameter {name!r} must be true or false.")
    return value == "true"


def page_size(request: web.Request, default: int) -> int:
    """The parameter `limit`, 1 to 100. Raises ApiError (400)."""
    value = request.query.get("limit", str(default))
    if not value.isascii() or not value.isdigit() or not 1 <= int(value[:4]) <= 100 or len(value) > 3:
        raise bad_request("BadQueryParameter", "The parameter 'limit' must be a number from 1 to 100.")
    return int(value)
