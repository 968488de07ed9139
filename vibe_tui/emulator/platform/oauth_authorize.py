"""`/oauth/authorize/team` and `/project`: a person at the browser consents or cancels."""

from __future__ import annotations

import hmac
import re
import secrets

from aiohttp import web
from multidict import MultiDict

from vibe_tui.emulator.platform import consent_page
from vibe_tui.emulator.platform.authorize_request import AuthorizeRequest, InvalidRequest, Scope
from vibe_tui.emulator.platform.codes import Codes
from vibe_tui.emulator.platform.form import read_form
from vibe_tui.emulator.platform.pages import page
from vibe_tui.emulator.platform.state_file import StateFile

_COOKIE = "emulator_consent"
_COOKIE_VALUE = re.compile(r"[A-Za-z0-9_-]{43}")
_LONGEST_NAME = 128


class Consent:
    """Nothing is redirected unless the request is valid and the decision came from our own form."""

    def __init__(self, states: StateFile, codes: Codes) -> None:
        self._states = states
        self._codes = codes
        self._key = secrets.token_bytes(32)

    def routes(self) -> list[web.RouteDef]:
        return [
            web.get("/oauth/authorize/{scope:team|project}", self.ask),
            web.post("/oauth/authorize/{scope:team|project}", self.decide),
        ]

    async def ask(self, request: web.Request) -> web.Response:
        try:
            asked = AuthorizeRequest.parse(_scope(request), request.query)
        except InvalidRequest as error:
            return page(consent_page.refused(str(error)), status=400)
        browser = request.cookies.get(_COOKIE, "")
        if not _COOKIE_VALUE.fullmatch(browser):
            browser = secrets.token_urlsafe(32)
        html = consent_page.consent(asked, self._states.state, self._csrf(browser, asked))
        # The browser applies form-action to the redirect that follows the form, so its target is named, too.
        response = page(html, form_action=f"'self' {asked.origin}")
        response.set_cookie(_COOKIE, browser, httponly=True, samesite="Strict", path="/oauth")
        return response

    async def decide(self, request: web.Request) -> web.Response:
        form = await read_form(request)
        try:
            asked = AuthorizeRequest.parse(_scope(request), form)
            self._check_sender(request, asked, form.get("csrf", ""))
            if form.get("decision") == "cancel":
                # The real dashboard has no such redirect; without it the program would wait for nothing.
                return _redirect(asked.redirect(error="access_denied"), consent_page.cancelled())
            if form.get("decision") != "authorize":
                raise InvalidRequest("Press Authorize or Cancel.")
            team_id, project_id = await self._chosen(asked, form)
        except InvalidRequest as error:
            return page(consent_page.refused(str(error)), status=400)
        code = self._codes.issue(asked, team_id=team_id, project_id=project_id)
        return _redirect(asked.redirect(code=code), consent_page.authorised())

    def _csrf(self, browser: str, asked: AuthorizeRequest) -> str:
        """Binds the form to this browser and to exactly this request."""
        what = "\n".join((browser, asked.scope, *map("=".join, sorted(asked.fields().items()))))
        return hmac.new(self._key, what.encode(errors="replace"), "sha256").hexdigest()

    def _check_sender(self, request: web.Request, asked: AuthorizeRequest, csrf: str) -> None:
        origin = request.headers.get("Origin")
        if origin is not None and origin != f"http://{request.host}":
            raise InvalidRequest("The form was sent from another site.")
        expected = self._csrf(request.cookies.get(_COOKIE, ""), asked)
        if not hmac.compare_digest(expected.encode(), csrf.encode(errors="replace")):
            raise InvalidRequest("This page has expired, or cookies are off.")

    async def _chosen(self, asked: AuthorizeRequest, form: MultiDict[str]) -> tuple[int, int | None]:
        """The team and, for the scope project, the project (made now when it is new)."""
        state = self._states.state
        chosen = form.get("project", "")
        if asked.scope == "project" and chosen != consent_page.NEW_PROJECT:
            project = state.project(int(chosen)) if re.fullmatch(r"[0-9]{1,18}", chosen) else None
            if project is None:
                raise InvalidRequest("This project does not exist.")
            return project.team_id, project.id
        slug = form.get("team", "")
        team = next((row for row in state.teams if row.slug == slug), None)
        if team is None:
            raise InvalidRequest("This team does not exist.")
        if asked.scope == "team":
            return team.id, None
        name = form.get("new_project", "").strip()
        if not 1 <= len(name) <= _LONGEST_NAME:
            raise InvalidRequest(f"A project's name has 1 to {_LONGEST_NAME} characters.")
        async with self._states.change() as draft:
            made = draft.add_project(team, name)
        return team.id, made.id


def _scope(request: web.Request) -> Scope:
    return "team" if request.match_info["scope"] == "team" else "project"


def _redirect(location: str, html: str) -> web.Response:
    """302, as Convex; the page is for clients that do not follow."""
    response = page(html, status=302)
    response.headers["Location"] = location
    return response
