"""What the provisioning of a project has done so far: one document in the project's own store.

It is written *before* each step, so that after a kill at any moment it says what may have happened.
It holds no secret; those are in the credential store under `refs`.
"""

from __future__ import annotations

import time
from dataclasses import asdict, dataclass, fields
from typing import TYPE_CHECKING, Literal

from vibe_tui.services.errors import VibeError
from vibe_tui.services.model import BackendKind, Connected, Connecting, Connection, Failed, NotConnected

if TYPE_CHECKING:
    from tinydb import TinyDB

Stage = Literal["planned", "reading", "creating", "created", "narrowing", "keying", "keyed", "ready"]
"""The last thing that was begun:

planned: names are fixed, the user is signing in. reading: the sign-in is stored, the team is being read.
creating: a project of our name may exist. created: it does, and we know it. narrowing: a team access token
of our name may exist. keying: a deploy key of our name may exist. keyed: it is stored. ready: connected.
"""

STEPS = (
    "Signing in",
    "Reading the team",
    "Creating the Convex project",
    "Making a key for this project only",
    "Saving",
)
_STEP_OF: dict[Stage, int] = {
    "planned": 1,
    "reading": 2,
    "creating": 3,
    "created": 4,
    "narrowing": 4,
    "keying": 4,
    "keyed": 5,
    "ready": 5,
}

Leaving = Literal["", "forget", "revoke", "delete-project"]

SignInKind = Literal["oauth", "team", "personal"]
"""oauth: a grant of ours, ended when nobody needs it. team, personal: an access token that the user gave us
and that we never end. A deploy key made with an OAuth grant is that grant; with the others it is narrow."""


class JournalUnreadable(VibeError):
    """The stored connection is not in a form that this version understands."""

    code = "journal_unreadable"


@dataclass(frozen=True, slots=True)
class Journal:
    """Every field has a plain value from the start; the stage says which ones mean something yet."""

    stage: Stage = "planned"
    app: str = ""
    """The id of our project."""
    backend: BackendKind = "cloud"
    provision_host: str = ""
    dashboard_host: str = ""
    convex_name: str = ""
    """The Convex project's name; its suffix is ours alone, so the project can be found by it."""
    token_name: str = ""
    """Our name for the team access token."""
    key_name: str = ""
    """Our name for the deploy key."""
    team_id: int = 0
    team: str = ""
    project_id: int = 0
    project: str = ""
    deployment: str = ""
    url: str = ""
    site_url: str = ""
    narrow: bool = False
    failed_step: str = ""
    failed_reason: str = ""
    failed_next_step: str = ""
    sign_in: SignInKind = "oauth"
    """What the stored sign-in is; recorded before it is stored."""
    attached: bool = False
    """The Convex project was there before us."""
    given: bool = False
    """The user gave the key of a deployment: nothing was made at Convex."""
    key_expires: int = 0
    """Milliseconds since the epoch; 0: no end that we know of."""
    way: str = ""
    """The way to connect that was taken last, by its name."""
    failed_code: str = ""
    leaving: Leaving = ""
    """How a disconnect that is not finished was asked for."""


@dataclass(frozen=True, slots=True)
class Begun:
    """A connecting that was begun: finished, half way, or being undone."""

    way: str
    """The name of the way to connect that was taken last."""
    backend: BackendKind
    made: bool
    """False: nothing was made or taken yet, so everything can still be chosen."""
    project: str
    """The Convex project's slug, or the name it is made with."""
    key_name: str
    """"": the key is the user's."""
    attached: bool
    leaving: Leaving


@dataclass(frozen=True, slots=True)
class SecretRefs:
    """Where the credential store keeps a project's secrets."""

    app: str

    @property
    def sign_in(self) -> str:
        return f"project/{self.app}/oauth"

    @property
    def team_token(self) -> str:
        return f"project/{self.app}/team-access-token"

    @property
    def deploy_key(self) -> str:
        return f"project/{self.app}/deploy-key"

    @property
    def instance_secret(self) -> str:
        """Of the project's local backend."""
        return f"project/{self.app}/instance-secret"

    def all(self) -> tuple[str, ...]:
        return (self.deploy_key, self.team_token, self.sign_in, self.instance_secret)


def connection_of(journal: Journal | None) -> Connection:
    """What the journal says about the connection.

    Connecting without a process that connects means that one was interrupted: connecting again resumes.
    """
    if journal is None:
        return NotConnected()
    if journal.failed_step:
        return Failed(
            journal.failed_step, journal.failed_reason, journal.failed_next_step, journal.failed_code
        )
    if journal.leaving:
        return Failed("Disconnecting", "It was interrupted.", f"Run {leave_command(journal.leaving)} again.")
    if journal.stage != "ready":
        return connecting(journal.stage)
    return Connected(
        backend=journal.backend,
        provision_host=journal.provision_host,
        dashboard_host=journal.dashboard_host,
        team_id=journal.team_id,
        team=journal.team,
        project_id=journal.project_id,
        project=journal.project,
        deployment=journal.deployment,
        url=journal.url,
        site_url=journal.site_url,
        key_name=journal.key_name,
        key_ref=SecretRefs(journal.app).deploy_key,
        narrow=journal.narrow,
        attached=journal.attached,
        key_expires=_day(journal.key_expires),
    )


def _day(milliseconds: int) -> str:
    return time.strftime("%Y-%m-%d", time.gmtime(milliseconds / 1000)) if milliseconds else ""


def begun_of(journal: Journal | None) -> Begun | None:
    if journal is None:
        return None
    return Begun(
        way=journal.way or _way_of(journal),
        backend=journal.backend,
        made=journal.stage not in ("planned", "reading") or bool(journal.leaving),
        project=journal.project or journal.convex_name,
        key_name=journal.key_name,
        attached=journal.attached,
        leaving=journal.leaving,
    )


def _way_of(journal: Journal) -> str:
    """For journals of a version that did not note it."""
    if journal.backend != "cloud":
        return journal.backend
    given = {"oauth": "oauth", "team": "team-token", "personal": "personal-token"}
    return "deploy-key" if journal.given else given[journal.sign_in]


def connecting(stage: Stage) -> Connecting:
    step = _STEP_OF[stage]
    return Connecting(step, len(STEPS), STEPS[step - 1])


def leave_command(how: Leaving) -> str:
    return f"`vibe-tui disconnect --{how}`"


class JournalFile:
    """The journal's place in a project's store. Blocking: call it from a thread when a loop runs."""

    TABLE = "connection"

    def __init__(self, store: TinyDB) -> None:
        self._store = store

    def read(self) -> Journal | None:
        """Raises JournalUnreadable."""
        documents = self._store.table(self.TABLE).all()
        return _from_document(dict(documents[0])) if documents else None

    def write(self, journal: Journal) -> Journal:
        from tinydb.table import Document

        self._store.table(self.TABLE).upsert(Document(asdict(journal), doc_id=1))
        return journal

    def clear(self) -> None:
        self._store.table(self.TABLE).truncate()


def connection_of_store(store: TinyDB) -> Connection:
    """The connection of the project whose store this is, for readers. Raises JournalUnreadable."""
    return connection_of(JournalFile(store).read())


def _from_document(document: dict[str, object]) -> Journal:
    known = {field.name: field.default for field in fields(Journal)}
    fits = document.keys() <= known.keys() and all(
        type(value) is type(known[name]) for name, value in document.items()
    )
    if not fits or document.get("stage") not in _STEP_OF:
        raise JournalUnreadable(
            "The record of this project's connection was written by another version, or is damaged.",
            next_step="Run `vibe-tui disconnect --forget`, then connect again.",
        )
    return Journal(**document)  # type: ignore[arg-type]  # every value was just checked
