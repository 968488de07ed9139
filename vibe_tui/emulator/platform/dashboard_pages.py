"""The dashboard's pages, as HTML."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from vibe_tui.emulator.deployment import DashboardView
from vibe_tui.emulator.platform.html import Html, document, h
from vibe_tui.emulator.platform.records import DeploymentRecord, Project, Team
from vibe_tui.emulator.platform.state import State


@dataclass(frozen=True, slots=True)
class Place:
    """A deployment and where it belongs."""

    state: State
    record: DeploymentRecord
    url: str
    site_url: str


def home(state: State) -> str:
    teams = []
    for team in state.teams:
        rows = [[_project_link(team, it), str(it.id)] for it in state.projects_of(team.id)]
        teams += [h("h2", team.name), _table(("Project", "Id"), rows, "No project yet.")]
    return document("Projects", h("h1", "Projects"), *teams)


def project(state: State, team: Team, row: Project) -> str:
    rows = [
        [h("a", it.name, href=f"/d/{it.name}"), it.type, it.reference] for it in state.deployments_of(row.id)
    ]
    return document(
        row.name,
        h("p", h("a", team.name, href="/"), class_="quiet"),
        h("h1", row.name),
        _table(("Deployment", "Type", "Reference"), rows, "No deployment yet."),
    )


def deployment(place: Place, view: DashboardView, shown: str) -> str:
    """shown: "" for the overview, else "data", "functions" or "logs"."""
    name = place.record.name
    owner = place.state.project_of(place.record)
    where = _project_link(place.state.team_of(owner), owner)
    pages = (("", "Overview"), ("data", "Data"), ("functions", "Functions"), ("logs", "Logs"))
    links = [
        h("a", title, href=f"/d/{name}/{part}".rstrip("/"), aria_current=part == shown and "page")
        for part, title in pages
    ]
    content = {"data": _data, "functions": _functions, "logs": _logs}.get(shown)
    body = content(view) if content else _overview(place, view)
    return document(name, h("p", where, class_="quiet"), h("h1", name), h("nav", *links), *body)


def _overview(place: Place, view: DashboardView) -> list[Html]:
    facts = [
        ["URL", h("code", place.url)],
        ["HTTP actions", h("code", place.site_url)],
        ["Type", place.record.type],
        ["Last push", view.last_push or "none yet"],
        ["Tables", str(len(view.tables))],
        ["Functions", str(len(view.functions))],
    ]
    names = [[h("code", name)] for name in view.variables]
    return [
        _table(("", ""), facts, ""),
        h("h2", "Environment variables"),
        _table(("Name",), names, "No variable is set."),
    ]


def _data(view: DashboardView) -> list[Html]:
    parts = [] if view.tables else [h("p", "No table yet: push a schema or insert a document.")]
    for table in view.tables:
        count = h("span", f"{table.count} documents", class_="quiet")
        parts.append(h("h2", table.name, " ", count, id=table.name))
        if len(table.documents) < table.count:
            parts.append(h("p", f"The first {len(table.documents)} are shown.", class_="quiet"))
        parts += [h("pre", text) for text in table.documents]
    return parts


def _functions(view: DashboardView) -> list[Html]:
    rows = [[h("code", it.identifier), it.type, it.visibility] for it in view.functions]
    return [_table(("Function", "Type", "Visibility"), rows, "Nothing was pushed yet.")]


def _logs(view: DashboardView) -> list[Html]:
    return [h("pre", entry) for entry in view.logs] or [h("p", "No function has run yet.")]


def _project_link(team: Team, row: Project) -> Html:
    return h("a", row.name, href=f"/t/{team.slug}/{row.slug}")


def _table(head: Iterable[str], rows: Iterable[Iterable[str]], empty: str) -> Html:
    lines = [h("tr", *(h("td", cell) for cell in row)) for row in rows]
    if not lines:
        return h("p", empty, class_="quiet")
    titles = [h("tr", *(h("th", title) for title in head))] if any(head) else []
    return h("table", *titles, *lines)
