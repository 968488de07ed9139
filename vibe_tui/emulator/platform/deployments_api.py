"""Management API: deployments."""

from __future__ import annotations

from aiohttp import web

from vibe_tui.emulator.hosting import Hosting
from vibe_tui.emulator.platform import views
from vibe_tui.emulator.platform.answers import Arguments, bad_request, flag, not_found
from vibe_tui.emulator.platform.caller import Caller
from vibe_tui.emulator.platform.provisioning import add_deployment, change, finish_removals
from vibe_tui.emulator.platform.records import DEPLOYMENT_TYPES, DeploymentRecord, Project
from vibe_tui.emulator.platform.state import State
from vibe_tui.emulator.platform.state_file import StateFile


class DeploymentsApi:
    def __init__(self, states: StateFile, hosting: Hosting) -> None:
        self._states = states
        self._hosting = hosting

    def routes(self) -> list[web.RouteDef]:
        return [
            web.get("/v1/projects/{project}/list_deployments", self.list_deployments),
            web.get("/v1/projects/{project}/deployment", self.get_of_project),
            web.post("/v1/projects/{project}/create_deployment", self.create),
            web.get("/v1/teams/{team}/projects/{slug}/deployment", self.get_by_slugs),
            web.get("/v1/deployments/{deployment}", self.get),
            web.post("/v1/deployments/{deployment}/delete", self.delete),
        ]

    async def list_deployments(self, request: web.Request) -> web.Response:
        state = self._states.state
        project = Caller.of(request, state).project(request.match_info["project"])
        flag(request, "includeLocal")  # the emulator knows no local deployments
        default = flag(request, "isDefault")
        kind = request.query.get("deploymentType")
        if kind and kind not in DEPLOYMENT_TYPES:
            raise bad_request("BadQueryParameter", "The parameter 'deploymentType' is not a deployment type.")
        rows = [
            row
            for row in state.deployments_of(project.id)
            if (default is None or row.is_default == default) and (not kind or row.type == kind)
        ]
        return web.json_response([views.deployment(row, self._hosting) for row in rows])

    async def get_of_project(self, request: web.Request) -> web.Response:
        state = self._states.state
        project = Caller.of(request, state).project(request.match_info["project"])
        return self._answer(_selected(request, state, project))

    async def get_by_slugs(self, request: web.Request) -> web.Response:
        state = self._states.state
        team = Caller.of(request, state).team(request.match_info["team"])
        project = state.project_by_slug(team.id, request.match_info["slug"])
        if project is None:
            raise not_found("Project", "The team has no project of this name.")
        return self._answer(_selected(request, state, project))

    async def create(self, request: web.Request) -> web.Response:
        fields = ("type", "class", "region", "reference", "isDefault", "expiresAt")
        arguments = await Arguments.of(request, *fields)
        kind = arguments.choice("type", DEPLOYMENT_TYPES)
        if kind is None:
            raise bad_request("BadJsonBody", "The field 'type' is missing.")
        for unused in ("class", "region"):
            arguments.optional_text(unused)
        async with change(self._states, self._hosting) as draft:
            record = await add_deployment(
                draft,
                self._hosting,
                Caller.of(request, draft).project(request.match_info["project"]),
                kind=kind,
                reference=arguments.optional_text("reference"),
                is_default=arguments.optional_flag("isDefault"),
                expires=arguments.expiry(),
            )
        return self._answer(record)

    async def get(self, request: web.Request) -> web.Response:
        caller = Caller.of(request, self._states.state)
        return self._answer(caller.deployment(request.match_info["deployment"]))

    async def delete(self, request: web.Request) -> web.Response:
        async with self._states.change() as draft:
            record = Caller.of(request, draft).deployment(request.match_info["deployment"])
            draft.remove_deployment(record.name)
        await finish_removals(self._states, self._hosting)
        return web.Response()

    def _answer(self, record: DeploymentRecord) -> web.Response:
        return web.json_response(views.deployment(record, self._hosting))


def _selected(request: web.Request, state: State, project: Project) -> DeploymentRecord:
    """By `reference`, `defaultDev` or `defaultProd`: exactly one of them."""
    reference = request.query.get("reference")
    dev, prod = flag(request, "defaultDev"), flag(request, "defaultProd")
    if sum(map(bool, (reference, dev, prod))) != 1:
        raise bad_request(
            "BadQueryParameter", "Ask for exactly one of reference, defaultDev and defaultProd."
        )
    if reference:
        rows = state.deployments_of(project.id)
        record = next((row for row in rows if row.reference == reference), None)
    else:
        record = state.default_deployment(project.id, "dev" if dev else "prod")
    if record is None:
        raise not_found("Deployment", "The project has no such deployment.")
    return record
