"""The part of Convex's own API (`/api`) that only its command line uses and no specification describes.

Source: the Convex CLI 1.48 (lib/api.ts, lib/deploymentSelection.ts); facts/convex.md B3. It may change, so
nothing but a key or a personal token, for which there is no other way, depends on it.
"""

from __future__ import annotations

from dataclasses import dataclass
from types import TracebackType
from typing import Self

from vibe_tui.services.convex.answers import Answers
from vibe_tui.services.http import Api, OnWait, silent
from vibe_tui.services.http_failures import is_loopback, wrong_shape
from vibe_tui.services.secret import Secret


@dataclass(frozen=True, slots=True)
class ConvexTeam:
    id: int
    slug: str


@dataclass(frozen=True, slots=True)
class KeyOwner:
    """Whose deployment a deploy key opens."""

    team_id: int
    team: str
    project_id: int
    project: str


class CliApi:
    """With one token or deploy key. Use it as a context manager. Every method raises HttpError."""

    def __init__(self, host: str, credential: Secret, *, on_wait: OnWait = silent) -> None:
        self._answers = Answers(host)
        self._key = credential
        self._api = Api(host.rstrip("/") + "/api", credential, on_wait=on_wait)

    async def __aenter__(self) -> Self:
        await self._api.__aenter__()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._api.__aexit__(kind, error, trace)

    async def teams(self) -> list[ConvexTeam]:
        """The teams that the token opens."""
        rows = [self._answers.mapping(it) for it in self._answers.items(await self._api.get("/teams"))]
        return [ConvexTeam(self._id(row, "id"), self._word(row.get("slug"))) for row in rows]

    async def url_for_key(self) -> str:
        """The address of the deployment that the key opens."""
        url = self._word(await self._ask("/deployment/url_for_key")).rstrip("/")
        if not url.startswith("https://") and not (url.startswith("http://") and is_loopback(url)):
            raise wrong_shape(self._answers.host)
        return url

    async def owner_of_key(self) -> KeyOwner:
        row = self._answers.mapping(await self._ask("/deployment/team_and_project_for_key"))
        return KeyOwner(
            team_id=self._id(row, "teamId"),
            team=self._word(row.get("team")),
            project_id=self._id(row, "projectId"),
            project=self._word(row.get("project")),
        )

    async def _ask(self, path: str) -> object:
        return await self._api.post(path, {"deployKey": self._key.reveal()}, repeatable=True)

    def _id(self, row: dict[str, object], name: str) -> int:
        value = row.get(name)
        if type(value) is not int:
            raise wrong_shape(self._answers.host)
        return value

    def _word(self, value: object) -> str:
        word = self._answers.text(value)
        if not word.isascii() or not word.isprintable() or not word or " " in word:
            raise wrong_shape(self._answers.host)
        return word
