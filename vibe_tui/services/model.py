"""The product's words as plain, frozen data (DESIGN 2). No behaviour, no I/O, no imports of ours."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

SandboxKind = Literal["local", "e2b"]
BackendKind = Literal["cloud", "emulator", "self-hosted", "local-backend"]


@dataclass(frozen=True, slots=True)
class Project:
    """A named app: an id -> folder entry of the index."""

    id: str
    """12 lower-case hex digits, never reused."""
    name: str
    folder: Path
    """The working tree; absolute. It may have been moved or deleted since."""
    sandbox: SandboxKind
    created: str
    """ISO 8601, UTC, whole seconds."""


# --- Connection: one union, derived from the provisioning journal -------------------------------------


@dataclass(frozen=True, slots=True)
class NotConnected:
    pass


@dataclass(frozen=True, slots=True)
class Connecting:
    step: int
    """1-based."""
    of: int
    title: str
    """What is being done now, e.g. "Creating the Convex project"."""


@dataclass(frozen=True, slots=True)
class Connected:
    backend: BackendKind
    provision_host: str
    dashboard_host: str
    team_id: int
    team: str
    """The team's slug."""
    project_id: int
    project: str
    """The Convex project's slug."""
    deployment: str
    """The deployment's name, e.g. "happy-otter-123"."""
    url: str
    site_url: str
    key_name: str
    """Our name for the deploy key at Convex; it is what disconnecting revokes. "": the key is the user's."""
    key_ref: str
    """Where the credential store keeps the deploy key."""
    narrow: bool
    """True: the key opens this deployment only. False: it is as wide as the team's token."""
    attached: bool = False
    """True: the Convex project was there before us."""
    key_expires: str = ""
    """The day (UTC) when the key ends by itself, e.g. "2027-11-23"; "": none that we know of."""

    @property
    def dashboard_url(self) -> str:
        """ "" where we know of no dashboard."""
        return f"{self.dashboard_host}/d/{self.deployment}" if self.dashboard_host else ""

    @property
    def key_reach(self) -> str:
        """How much the key in the sandbox opens, as the end of a sentence about it."""
        if not self.key_name:
            return "is yours: disconnecting does not revoke it"
        until = f", until {self.key_expires}" if self.key_expires else ""
        return f"opens this deployment only{until}" if self.narrow else "is as wide as the whole team"


@dataclass(frozen=True, slots=True)
class Failed:
    step: str
    reason: str
    next_step: str = ""
    code: str = ""
    """Of the error, e.g. "signed_out"; "" when it was no error."""


Connection = NotConnected | Connecting | Connected | Failed


# --- Pushes -------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing wrong with the code, as the tools reported it."""

    message: str
    file: str = ""
    """Relative to the working tree, POSIX separators; "" when the tools named none."""
    line: int = 0
    """1-based; 0 when unknown."""
    column: int = 0


PushResult = Literal["deployed", "failed", "unreachable", "stopped", "timed out"]


@dataclass(frozen=True, slots=True)
class Push:
    """One finished `npx convex dev --once`."""

    result: PushResult
    seconds: float
    reason: str = ""
    """One sentence when it was not deployed."""
    problems: tuple[Problem, ...] = ()
    exit_code: int | None = None
    finished_at: str = ""
    """ISO 8601, UTC."""

    @property
    def ok(self) -> bool:
        return self.result == "deployed"


# --- Dev server: live, never stored ---------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class DevServerState:
    """What the dev server is doing.

    status: "stopped"; "starting" (armed, first push not finished); "pushing"; "running" (armed and
    the last push was good); "failed" (armed, the last push was refused: see last_push);
    "unreachable" (armed, the deployment does not answer).
    """

    status: Literal["stopped", "starting", "pushing", "running", "failed", "unreachable"] = "stopped"
    armed: bool = False
    """Whether changes deploy themselves. A push can also run while they do not."""
    since: str = ""
    """ISO 8601, UTC: when the status last changed."""
    last_push: Push | None = None
