"""The platform as one aiohttp application."""

from __future__ import annotations

from collections.abc import Callable

from aiohttp import web

from vibe_tui import __version__
from vibe_tui.emulator.hosting import Hosting
from vibe_tui.emulator.platform.cli_api import CliApi
from vibe_tui.emulator.platform.codes import Codes
from vibe_tui.emulator.platform.dashboard import Dashboard
from vibe_tui.emulator.platform.deployments_api import DeploymentsApi
from vibe_tui.emulator.platform.guard import Guard
from vibe_tui.emulator.platform.keys_api import KeysApi
from vibe_tui.emulator.platform.oauth_authorize import Consent
from vibe_tui.emulator.platform.oauth_token import TokenEndpoint
from vibe_tui.emulator.platform.projects_api import ProjectsApi
from vibe_tui.emulator.platform.state_file import StateFile
from vibe_tui.emulator.platform.tokens_api import TokensApi

_LARGEST_BODY = 256 * 1024


def application(
    states: StateFile, hosting: Hosting, *, client_secret: str, owner: int, on_use: Callable[[], None]
) -> web.Application:
    """OAuth, `/v1`, what the CLI needs of `/api`, and the dashboard, behind one guard."""
    guard = Guard(states, owner=owner, on_use=on_use)
    codes = Codes()
    app = web.Application(middlewares=[guard.middleware], client_max_size=_LARGEST_BODY)
    parts = (
        Consent(states, codes),
        TokenEndpoint(states, codes, client_secret),
        TokensApi(states),
        ProjectsApi(states, hosting),
        DeploymentsApi(states, hosting),
        KeysApi(states),
        CliApi(states, hosting),
        Dashboard(states, hosting),
    )
    for part in parts:
        app.add_routes(part.routes())
    app.add_routes([web.get("/version", _version)])
    return app


async def _version(request: web.Request) -> web.Response:
    """Answers as soon as the emulator is ready; asking also counts as using it."""
    return web.json_response({"emulator": "vibe-tui", "version": __version__})
