"""The platform's whole state in memory: rows and how they are found."""

from __future__ import annotations

import json
import re
import secrets
from dataclasses import asdict, dataclass, field
from typing import Any

from vibe_tui.emulator.platform.records import DeploymentRecord, Project, Team, Token, Variable, now

FORMAT = 1


class StateUnreadable(Exception):
    """`state.json` is not what this version writes; the message says why."""


@dataclass(slots=True)
class State:
    port: int = 0
    """Where the platform listened last; 0 before the first start."""
    last_id: int = 0
    teams: list[Team] = field(default_factory=list)
    projects: list[Project] = field(default_factory=list)
    deployments: list[DeploymentRecord] = field(default_factory=list)
    tokens: list[Token] = field(default_factory=list)
    removed: list[str] = field(default_factory=list)
    """Names of deleted deployments whose folders are still to be removed."""

    @classmethod
    def fresh(cls) -> State:
        state = cls()
        state.add_team("Personal")
        return state

    # --- finding ---------------------------------------------------------------------------------------

    def team(self, id_or_slug: str | int) -> Team | None:
        wanted = str(id_or_slug)
        return next((team for team in self.teams if wanted in (str(team.id), team.slug)), None)

    def project(self, project_id: int) -> Project | None:
        return next((project for project in self.projects if project.id == project_id), None)

    def project_by_slug(self, team_id: int, slug: str) -> Project | None:
        return next((row for row in self.projects if row.team_id == team_id and row.slug == slug), None)

    def projects_of(self, team_id: int) -> list[Project]:
        """Newest first, as the Management API lists them."""
        rows = [project for project in self.projects if project.team_id == team_id]
        return sorted(rows, key=lambda project: project.id, reverse=True)

    def deployment(self, name: str) -> DeploymentRecord | None:
        return next((row for row in self.deployments if row.name == name), None)

    def deployments_of(self, project_id: int) -> list[DeploymentRecord]:
        return [row for row in self.deployments if row.project_id == project_id]

    def default_deployment(self, project_id: int, kind: str) -> DeploymentRecord | None:
        rows = self.deployments_of(project_id)
        return next((row for row in rows if row.is_default and row.type == kind), None)

    def team_of(self, project: Project) -> Team:
        team = self.team(project.team_id)
        assert team is not None, "a project's team is never removed"
        return team

    def project_of(self, deployment: DeploymentRecord) -> Project:
        project = self.project(deployment.project_id)
        assert project is not None, "a project is removed with its deployments"
        return project

    # --- changing ----------------------------------------------------------------------------------------

    def new_id(self) -> int:
        self.last_id += 1
        return self.last_id

    def add_team(self, name: str) -> Team:
        slug = _free_slug(name, "team", {team.slug for team in self.teams})
        team = Team(id=self.new_id(), name=name, slug=slug, created=now())
        self.teams.append(team)
        return team

    def add_project(self, team: Team, name: str) -> Project:
        """A second project of the same name gets a slug with a suffix, as on Convex."""
        taken = {project.slug for project in self.projects if project.team_id == team.id}
        slug = _free_slug(name, "project", taken)
        project = Project(id=self.new_id(), name=name, slug=slug, team_id=team.id, created=now())
        self.projects.append(project)
        return project

    def remove_deployment(self, name: str) -> None:
        self.deployments = [row for row in self.deployments if row.name != name]
        self.tokens = [token for token in self.tokens if token.deployment != name]
        self.removed.append(name)

    def remove_project(self, project_id: int) -> list[str]:
        """Also its deployments, and every token that opened only them. Returns the deployments' names."""
        names = [row.name for row in self.deployments_of(project_id)]
        for name in names:
            self.remove_deployment(name)
        self.projects = [row for row in self.projects if row.id != project_id]
        self.tokens = [token for token in self.tokens if token.project_id != project_id]
        return names

    # --- the file ----------------------------------------------------------------------------------------

    def encode(self) -> bytes:
        return json.dumps({"format": FORMAT, **asdict(self)}, indent=1).encode()

    @classmethod
    def decode(cls, data: bytes) -> State:
        """Raises StateUnreadable."""
        try:
            document: dict[str, Any] = json.loads(data)
            if document.pop("format") != FORMAT:
                raise StateUnreadable("it was written by another version")
            projects = [
                Project(**{**row, "variables": [Variable(**entry) for entry in row["variables"]]})
                for row in document.pop("projects")
            ]
            return cls(
                teams=[Team(**row) for row in document.pop("teams")],
                projects=projects,
                deployments=[DeploymentRecord(**row) for row in document.pop("deployments")],
                tokens=[Token(**row) for row in document.pop("tokens")],
                **document,
            )
        except (ValueError, TypeError, KeyError, AttributeError) as error:
            raise StateUnreadable("it is damaged") from error


def _free_slug(name: str, empty: str, taken: set[str]) -> str:
    slug = base = re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")[:48].strip("-") or empty
    while slug in taken:
        slug = f"{base}-{secrets.token_hex(3)[:5]}"
    return slug
