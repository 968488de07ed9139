"""One line per request: never the query, a header or a body, since those carry secrets."""

from __future__ import annotations

from aiohttp import web
from aiohttp.abc import AbstractAccessLogger

_LONGEST_PATH = 200


class AccessLog(AbstractAccessLogger):
    def log(self, request: web.BaseRequest, response: web.StreamResponse, time: float) -> None:
        # The raw path is percent-encoded: no line breaks and no escape sequences.
        path = request.rel_url.raw_path[:_LONGEST_PATH]
        self.logger.info("%s %s %d %.0f ms", request.method, path, response.status, time * 1000)
