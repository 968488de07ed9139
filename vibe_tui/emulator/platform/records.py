"""What the platform remembers: plain rows, as they are in `state.json`. Times are milliseconds since 1970."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import Literal, get_args

DeploymentType = Literal["dev", "prod", "preview", "custom"]
DEPLOYMENT_TYPES: tuple[str, ...] = get_args(DeploymentType)

TokenKind = Literal["oauth team", "oauth project", "team", "deployment", "oauth deploy key"]
"""oauth team, oauth project: granted on the consent page. team: a team access token.
deployment: a narrow deploy key. oauth deploy key: the name of one whose value is the OAuth token itself."""


def now() -> int:
    return time.time_ns() // 1_000_000


@dataclass(slots=True)
class Team:
    id: int
    name: str
    slug: str
    created: int


@dataclass(slots=True)
class Variable:
    """A default environment variable of a project, for one type of deployment."""

    name: str
    type: str
    value: str


@dataclass(slots=True)
class Project:
    id: int
    name: str
    slug: str
    team_id: int
    created: int
    variables: list[Variable] = field(default_factory=list)


@dataclass(slots=True)
class DeploymentRecord:
    id: int
    name: str
    project_id: int
    type: str
    reference: str
    is_default: bool
    created: int
    port: int = 0
    site_port: int = 0
    expires: int | None = None


@dataclass(slots=True)
class Token:
    """A credential. Only the SHA-256 of its secret is kept: whoever reads the file cannot use it."""

    id: int
    kind: TokenKind
    digest: str
    name: str
    team_id: int
    created: int
    project_id: int | None = None
    deployment: str | None = None
    expires: int | None = None
    allowed_actions: list[str] = field(default_factory=list)

    @property
    def alive(self) -> bool:
        return self.expires is None or self.expires > now()
