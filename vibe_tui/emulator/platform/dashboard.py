"""The read-only dashboard: what the emulator holds, for a person at a browser."""

from __future__ import annotations

from importlib import resources

from aiohttp import web

from vibe_tui.emulator.hosting import Hosting
from vibe_tui.emulator.platform import dashboard_pages
from vibe_tui.emulator.platform.html import document, h
from vibe_tui.emulator.platform.pages import page
from vibe_tui.emulator.platform.state_file import StateFile


class Dashboard:
    def __init__(self, states: StateFile, hosting: Hosting) -> None:
        self._states = states
        self._hosting = hosting
        self._style = resources.files(__package__).joinpath("emulator.css").read_bytes()

    def routes(self) -> list[web.RouteDef]:
        return [
            web.get("/", self.home),
            web.get("/t/{team}/{project}", self.project),
            web.get("/d/{deployment}", self.deployment),
            web.get("/d/{deployment}/{view:data|functions|logs}", self.deployment),
            web.get("/static/emulator.css", self.style),
        ]

    async def home(self, request: web.Request) -> web.Response:
        return page(dashboard_pages.home(self._states.state))

    async def project(self, request: web.Request) -> web.Response:
        state = self._states.state
        team = state.team(request.match_info["team"])
        project = state.project_by_slug(team.id, request.match_info["project"]) if team else None
        if team is None or project is None:
            return _not_found("There is no such project.")
        return page(dashboard_pages.project(state, team, project))

    async def deployment(self, request: web.Request) -> web.Response:
        state = self._states.state
        record = state.deployment(request.match_info["deployment"])
        if record is None:
            return _not_found("There is no such deployment. It may have been deleted.")
        running = self._hosting.running(record.name)
        if running is None:
            return _not_found("This deployment could not be started; see the emulator's log.")
        view = await running.dashboard()
        where = dashboard_pages.Place(state, record, url=running.url, site_url=running.site_url)
        return page(dashboard_pages.deployment(where, view, request.match_info.get("view", "")))

    async def style(self, request: web.Request) -> web.Response:
        return web.Response(body=self._style, content_type="text/css", headers={"Cache-Control": "no-cache"})


def _not_found(message: str) -> web.Response:
    return page(document("Not found", h("h1", "Not found"), h("p", message)), status=404)
