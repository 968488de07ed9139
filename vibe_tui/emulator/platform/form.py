"""Form bodies (application/x-www-form-urlencoded) as texts."""

from __future__ import annotations

from aiohttp import web
from multidict import MultiDict

from vibe_tui.emulator.platform.answers import bad_request


async def read_form(request: web.Request) -> MultiDict[str]:
    """Files in a multipart form are left out. Raises ApiError (400) when it cannot be decoded."""
    try:
        values = await request.post()
    except (ValueError, LookupError) as error:  # bad UTF-8, a broken multipart form, an unknown charset
        raise bad_request("BadForm", "The form cannot be read.") from error
    return MultiDict((name, value) for name, value in values.items() if isinstance(value, str))
