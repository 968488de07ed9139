"""Which team a sign-in is for."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence

from vibe_tui.services.convex.cli_api import CliApi, ConvexTeam
from vibe_tui.services.convex.journal import Journal
from vibe_tui.services.convex.management import ManagementApi
from vibe_tui.services.errors import VibeError
from vibe_tui.services.http import OnWait
from vibe_tui.services.http_errors import ApiError
from vibe_tui.services.secret import Secret
from vibe_tui.services.terminal_text import clean


class WrongTeam(VibeError):
    """The user signed in to another team than the one that is needed."""

    code = "wrong_team"


class OneProjectOnly(VibeError):
    """The sign-in opens one project, so no project can be made with it."""

    code = "one_project_only"


class TeamNotChosen(VibeError):
    """The sign-in opens several teams, and none of them was named."""

    code = "team_not_chosen"


ChooseTeam = Callable[[Sequence[ConvexTeam]], Awaitable[ConvexTeam]]


async def team_of(
    journal: Journal, token: Secret, wanted: str, on_wait: OnWait, choose: ChooseTeam | None = None
) -> ConvexTeam:
    """The team to go on with; its slug may be "" where Convex does not tell it.

    wanted: its slug or id; "": the one that the token is for, or of several the one that `choose` says. Once
    a project was begun in a team, that one alone will do.
    Raises WrongTeam, OneProjectOnly, TeamNotChosen, HttpError.
    """
    begun_in = 0 if journal.stage in ("planned", "reading") else journal.team_id
    if begun_in:
        wanted = str(begun_in)
    if journal.sign_in == "personal":
        async with CliApi(journal.provision_host, token, on_wait=on_wait) as api:
            teams = await api.teams()
        several = len(teams) > 1 and not wanted
        team = await choose(teams) if several and choose is not None else _chosen(teams, wanted)
    else:
        team = await _team_of_token(journal, token, wanted, on_wait)
    if begun_in and team.id != begun_in:
        raise WrongTeam(
            f"This project was begun in the team {journal.team or journal.team_id}, "
            "and the sign-in is for another team.",
            next_step="Connect again and sign in to that team, "
            "or disconnect (`vibe-tui disconnect`) to start anew.",
        )
    if wanted and wanted not in (team.slug, str(team.id)):
        raise WrongTeam(
            f"You signed in to the team {team.slug or team.id}, not to {clean(wanted)}. Nothing was made.",
            next_step=f"Connect again and choose {clean(wanted)} there, or another team here (`--team`).",
        )
    return team


async def _team_of_token(journal: Journal, token: Secret, wanted: str, on_wait: OnWait) -> ConvexTeam:
    async with ManagementApi(journal.provision_host, token, on_wait=on_wait) as api:
        details = await api.token_details()
    if not details.team_id:
        raise OneProjectOnly(
            "This sign-in opens one project only, and connecting makes a new one.",
            next_step="Connect again and choose a team.",
        )
    # Convex puts the slug before the secret ("team:acme|…"); the project tells it for certain later.
    prefix, _, secret = token.reveal().partition("|")
    slug = clean(prefix.removeprefix("team:"))[:100] if secret and prefix.startswith("team:") else ""
    if not slug and wanted and wanted != str(details.team_id):
        slug = await _slug(journal.provision_host, token, details.team_id, on_wait)
    return ConvexTeam(details.team_id, slug)


async def _slug(host: str, token: Secret, team_id: int, on_wait: OnWait) -> str:
    """From a project of the team, or from the list of teams, which a team's token may not be allowed."""
    async with ManagementApi(host, token, on_wait=on_wait) as api:
        async for project in api.list_projects(team_id):
            return project.team_slug
    try:
        async with CliApi(host, token, on_wait=on_wait) as api:
            return next((team.slug for team in await api.teams() if team.id == team_id), "")
    except ApiError as error:
        if error.answer_lost:
            raise
        return ""


def _chosen(teams: list[ConvexTeam], wanted: str) -> ConvexTeam:
    known = ", ".join(team.slug for team in teams) or "none"
    if wanted:
        for team in teams:
            if wanted in (team.slug, str(team.id)):
                return team
        raise WrongTeam(
            f"This sign-in does not open the team {clean(wanted)}. It opens {known}. Nothing was made.",
            next_step="Connect again and choose one of those (`--team`), or use another token.",
        )
    if len(teams) != 1:
        raise TeamNotChosen(
            f"This sign-in opens several teams: {known}." if teams else "This sign-in opens no team.",
            next_step="Connect again and choose one (`--team`)." if teams else "Ask to be added to a team.",
        )
    return teams[0]
