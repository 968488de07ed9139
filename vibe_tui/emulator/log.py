"""The emulator's own log: small, and without what requests carry, since that may be secret."""

from __future__ import annotations

import logging
import sys
from logging.handlers import RotatingFileHandler
from pathlib import Path

from aiohttp import web
from aiohttp.abc import AbstractAccessLogger
from aiohttp.http_exceptions import HttpProcessingError

ACCESS = logging.getLogger("vibe_tui.emulator.access")
_SIZE = 256 * 1024
_LONGEST_PATH = 200


class AccessLog(AbstractAccessLogger):
    """One line per request: never the query, a header or a body."""

    def log(self, request: web.BaseRequest, response: web.StreamResponse, time: float) -> None:
        # The raw path is percent-encoded: no line breaks and no escape sequences.
        path = request.rel_url.raw_path[:_LONGEST_PATH]
        self.logger.info("%s %s %d %.0f ms", request.method, path, response.status, time * 1000)


def open_log(path: Path, *, also_here: bool) -> None:
    """Log to `path`, which is replaced when it is full (one old file stays). Raises OSError.

    also_here: write to standard error, too.
    """
    handlers: list[logging.Handler] = [RotatingFileHandler(path, maxBytes=_SIZE, backupCount=1)]
    if also_here:
        handlers.append(logging.StreamHandler(sys.stderr))
    for handler in handlers:
        handler.addFilter(_without_request_text)
    form = "%(asctime)s %(levelname)s %(name)s: %(message)s"
    logging.basicConfig(level=logging.INFO, handlers=handlers, format=form)
    # aiohttp's own access log would show queries.
    logging.getLogger("aiohttp.access").setLevel(logging.WARNING)


def _without_request_text(record: logging.LogRecord) -> bool:
    """A request that is not HTTP is quoted in the exception: name only its kind."""
    error = record.exc_info[1] if record.exc_info else None
    if isinstance(error, HttpProcessingError):
        record.msg, record.args = "A request was not HTTP: %s", (type(error).__name__,)
        record.exc_info = record.exc_text = None
    return True
