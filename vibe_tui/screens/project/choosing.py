"""What is chosen in the backend dialog after signing in: the team, then a project and its deployment."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import replace

from vibe_tui.screens.backend.view import Choice, ChoosingView
from vibe_tui.screens.backend.wishes import Pick
from vibe_tui.screens.project.project_choices import ChoiceWish, ProjectChoices
from vibe_tui.services.convex.attaching import FOR_DEVELOPMENT
from vibe_tui.services.convex.catalogue import Catalogue, Picked
from vibe_tui.services.convex.cli_api import ConvexTeam
from vibe_tui.services.convex.management import ConvexProject
from vibe_tui.services.http_errors import HttpError, NotPermitted, SignedOut

_OWN = "own"
"""The id of the user's own dev deployment; no deployment at Convex has a name of one word."""


class Choosing:
    """Its questions are the sign-in's ports; `view` is what to show while one of them waits for its answer.

    on_change: called when `view` changed.
    """

    def __init__(self, on_change: Callable[[], None]) -> None:
        self.view: ChoosingView | None = None
        self._on_change = on_change
        self._wishes: asyncio.Queue[ChoiceWish] = asyncio.Queue()

    def wish(self, wish: ChoiceWish) -> None:
        """What the user does in the list, and with its buttons."""
        if self.view is not None:
            self._wishes.put_nowait(wish)

    async def team(self, teams: Sequence[ConvexTeam]) -> ConvexTeam:
        """Which of several teams."""
        self._show(
            ChoosingView(
                "This sign-in opens several teams. Which one?",
                tuple(Choice(str(team.id), team.slug) for team in teams),
            )
        )
        try:
            while True:
                match await self._wishes.get():
                    case Pick(id=id):
                        return next(team for team in teams if str(team.id) == id)
        finally:
            self._end()

    async def project(self, catalogue: Catalogue) -> Picked | None:
        """Which project and deployment; None: a new one. Raises SignedOut or NotPermitted."""
        projects = ProjectChoices(catalogue, self._wishes, self._show)
        try:
            while (project := await projects.choose()) is not None:
                picked = await self._deployment(catalogue, project)
                if picked is not None:
                    return picked
            return None
        finally:
            projects.close()
            self._end()

    async def _deployment(self, catalogue: Catalogue, project: ConvexProject) -> Picked | None:
        """Which of the project's; None: another project after all. Production is for no dev server."""
        own = Choice(_OWN, "My own dev deployment", project.dev or "made when there is none")
        question = f"Project {project.slug}: which deployment?"
        view = ChoosingView(question, (), loading=True, can_go_back=True)
        self._show(view)
        try:
            found = await catalogue.deployments(project.id)
        except (SignedOut, NotPermitted):
            raise
        except HttpError as error:  # one's own can be had all the same
            view = replace(view, choices=(own,), loading=False, note=f"{error.message} {error.next_step}")
        else:
            others = [it for it in found if it.type in FOR_DEVELOPMENT and it.name != project.dev]
            choices = (own, *(Choice(it.name, it.name, it.type) for it in others))
            view = replace(view, choices=choices, loading=False)
        self._show(view)
        while True:
            match await self._wishes.get():
                case "back":
                    return None
                case Pick(id=id):
                    return Picked(project.id, "" if id == _OWN else id)

    def _show(self, view: ChoosingView) -> None:
        self.view = view
        self._on_change()

    def _end(self) -> None:
        self.view = None
        self._on_change()
