"""The team's projects in the backend dialog, searched and loaded page by page."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass

from vibe_tui.screens.backend.view import Choice, ChoosingView
from vibe_tui.screens.backend.wishes import Pick, Plain, Search
from vibe_tui.services.convex.catalogue import Catalogue
from vibe_tui.services.convex.management import ConvexProject, ProjectPage
from vibe_tui.services.http_errors import HttpError, NotPermitted, SignedOut

SEARCH_PAUSE = 0.25
"""Seconds without a key after which a search is sent."""


@dataclass(frozen=True, slots=True)
class Loaded:
    page: ProjectPage | HttpError


ChoiceWish = Pick | Search | Plain | Loaded


class ProjectChoices:
    """Takes wishes from `wishes`, shows views with `show`."""

    def __init__(
        self, catalogue: Catalogue, wishes: asyncio.Queue[ChoiceWish], show: Callable[[ChoosingView], None]
    ) -> None:
        self._catalogue = catalogue
        self._wishes = wishes
        self._show = show
        self._search = ""
        self._projects: list[ConvexProject] = []
        self._cursor = ""
        self._loading: asyncio.Task[None] | None = None
        self._problem: HttpError | None = None
        self._load()

    async def choose(self) -> ConvexProject | None:
        """None: none of them. Raises SignedOut or NotPermitted: then no other page would come either."""
        self._show(self._view())
        while True:
            match await self._wishes.get():
                case Pick(id=id):
                    return next(it for it in self._projects if str(it.id) == id)
                case "alternative":
                    return None
                case Search(text=text) if text.strip() != self._search:
                    self._search = text.strip()
                    self._load(pause=SEARCH_PAUSE)
                case "more" if self._loading is None and (self._cursor or self._problem):
                    self._load(self._cursor)
                case Loaded(page=page):
                    self._take(page)
                case _:
                    continue
            self._show(self._view())

    def close(self) -> None:
        if self._loading is not None:
            self._loading.cancel()

    def _load(self, cursor: str = "", *, pause: float = 0.0) -> None:
        self.close()
        if not cursor:
            self._projects, self._cursor = [], ""
        self._problem = None
        self._loading = asyncio.create_task(self._fetch(cursor, pause), name="projects")

    async def _fetch(self, cursor: str, pause: float) -> None:
        await asyncio.sleep(pause)
        try:
            page: ProjectPage | HttpError = await self._catalogue.page(self._search, cursor)
        except HttpError as error:
            page = error
        self._wishes.put_nowait(Loaded(page))

    def _take(self, page: ProjectPage | HttpError) -> None:
        self._loading = None
        if isinstance(page, SignedOut | NotPermitted):
            raise page
        if isinstance(page, HttpError):
            self._problem = page
        else:
            self._projects += page.projects
            self._cursor = page.cursor

    def _view(self) -> ChoosingView:
        team = f" of the team {self._catalogue.team}" if self._catalogue.team else ""
        problem = self._problem
        return ChoosingView(
            f"Which project{team}?",
            tuple(map(_choice, self._projects)),
            searchable=True,
            more=bool(self._cursor or problem),
            loading=self._loading is not None,
            alternative="Make a new one",
            note=f"{problem.message} {problem.next_step}" if problem else "",
        )


def _choice(project: ConvexProject) -> Choice:
    deployments = [f"{kind} {name}" for kind, name in (("dev", project.dev), ("prod", project.prod)) if name]
    return Choice(str(project.id), project.slug, ", ".join(deployments))
