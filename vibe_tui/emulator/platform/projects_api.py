"""Management API: teams' projects and their default environment variables."""

from __future__ import annotations

import re

from aiohttp import web

from vibe_tui.emulator.hosting import Hosting
from vibe_tui.emulator.platform import views
from vibe_tui.emulator.platform.answers import ApiError, Arguments, bad_request, not_found
from vibe_tui.emulator.platform.caller import Caller
from vibe_tui.emulator.platform.paging import one_page
from vibe_tui.emulator.platform.provisioning import add_deployment, change, finish_removals
from vibe_tui.emulator.platform.records import DEPLOYMENT_TYPES, Project, Variable
from vibe_tui.emulator.platform.state_file import StateFile

_VARIABLE_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,39}")
_LONGEST_NAME = 128


class ProjectsApi:
    def __init__(self, states: StateFile, hosting: Hosting) -> None:
        self._states = states
        self._hosting = hosting

    def routes(self) -> list[web.RouteDef]:
        return [
            web.get("/v1/teams/{team}/projects", self.list_projects),
            web.post("/v1/teams/{team}/create_project", self.create),
            web.get("/v1/teams/{team}/projects/{slug}", self.get_by_slug),
            web.get("/v1/projects/{project}", self.get),
            web.post("/v1/projects/{project}/delete", self.delete),
            web.get("/v1/projects/{project}/list_default_environment_variables", self.list_variables),
            web.post("/v1/projects/{project}/update_default_environment_variables", self.update_variables),
        ]

    async def list_projects(self, request: web.Request) -> web.Response:
        state = self._states.state
        team = Caller.of(request, state).team(request.match_info["team"])
        wanted = request.query.get("q", "").lower()
        rows = [it for it in state.projects_of(team.id) if wanted in it.name.lower() or wanted in it.slug]
        shown, cursor = one_page(request, rows, default=100)
        return web.json_response(views.page([views.project(state, row) for row in shown], cursor))

    async def create(self, request: web.Request) -> web.Response:
        fields = ("projectName", "deploymentType", "deploymentClass", "deploymentRegion")
        arguments = await Arguments.of(request, *fields)
        name = arguments.text("projectName").strip()
        if len(name) > _LONGEST_NAME:
            raise bad_request(
                "InvalidProjectName", f"A project's name has at most {_LONGEST_NAME} characters."
            )
        kind = arguments.choice("deploymentType", DEPLOYMENT_TYPES)
        for unused in ("deploymentClass", "deploymentRegion"):
            arguments.optional_text(unused)
        async with change(self._states, self._hosting) as draft:
            team = Caller.of(request, draft).team(request.match_info["team"])
            project = draft.add_project(team, name)
            answer = {"projectId": project.id, "id": project.id, "slug": project.slug}
            if kind is not None:
                record = await add_deployment(draft, self._hosting, project, kind=kind)
                url = views.deployment_url(record, self._hosting)
                answer |= {"deploymentName": record.name, "deploymentUrl": url}
        return web.json_response(answer)

    async def get(self, request: web.Request) -> web.Response:
        state = self._states.state
        project = Caller.of(request, state).project(request.match_info["project"])
        return web.json_response(views.project(state, project))

    async def get_by_slug(self, request: web.Request) -> web.Response:
        state = self._states.state
        team = Caller.of(request, state).team(request.match_info["team"])
        project = state.project_by_slug(team.id, request.match_info["slug"])
        if project is None:
            raise not_found("Project", "The team has no project of this name.")
        return web.json_response(views.project(state, project))

    async def delete(self, request: web.Request) -> web.Response:
        async with self._states.change() as draft:
            caller = Caller.of(request, draft)
            caller.require_team_wide()
            draft.remove_project(caller.project(request.match_info["project"]).id)
        await finish_removals(self._states, self._hosting)
        return web.Response()

    async def list_variables(self, request: web.Request) -> web.Response:
        project = self._project(request)
        kind = request.query.get("deploymentType")
        if kind and kind not in DEPLOYMENT_TYPES:
            raise bad_request("BadQueryParameter", "The parameter 'deploymentType' is not a deployment type.")
        name = request.query.get("name")
        types: dict[tuple[str, str], list[str]] = {}
        for variable in project.variables:
            if (not kind or variable.type == kind) and (not name or variable.name == name):
                types.setdefault((variable.name, variable.value), []).append(variable.type)
        items = [{"name": n, "value": v, "deploymentTypes": of} for (n, v), of in sorted(types.items())]
        return web.json_response(views.page(items, None))

    async def update_variables(self, request: web.Request) -> web.Response:
        changes = (await Arguments.of(request, "changes")).items("changes")
        async with self._states.change() as draft:
            project = Caller.of(request, draft).project(request.match_info["project"])
            for entry in changes:
                if not isinstance(entry, dict) or entry.keys() - {"name", "deploymentType", "value"}:
                    raise bad_request(
                        "BadJsonBody", "A change has the fields name, deploymentType and value."
                    )
                _apply(project, Arguments(entry))
        return web.Response()

    def _project(self, request: web.Request) -> Project:
        return Caller.of(request, self._states.state).project(request.match_info["project"])


def _apply(project: Project, entry: Arguments) -> None:
    """Set or (value null) delete one variable for one type of deployment."""
    name = entry.text("name")
    if not _VARIABLE_NAME.fullmatch(name):
        raise ApiError(400, "InvalidEnvironmentVariableName", f"{name!r} cannot be a variable's name.")
    kind = entry.choice("deploymentType", DEPLOYMENT_TYPES)
    if kind is None:
        raise bad_request("BadJsonBody", "The field 'deploymentType' is missing.")
    value = entry.optional_text("value")
    kept = [it for it in project.variables if (it.name, it.type) != (name, kind)]
    project.variables = kept if value is None else [*kept, Variable(name=name, type=kind, value=value)]
