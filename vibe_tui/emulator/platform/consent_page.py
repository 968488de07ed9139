"""The consent page, as HTML. Form contract: one POST form, hidden fields, select `team` (or `project`), and
buttons named `decision` with the values `authorize` and `cancel`."""

from __future__ import annotations

from vibe_tui.emulator.platform.authorize_request import CLIENT_NAME, AuthorizeRequest
from vibe_tui.emulator.platform.html import Html, document, h
from vibe_tui.emulator.platform.state import State

NEW_PROJECT = "new"
CANCELLED = "Nothing was authorised. You can close this tab and go back to the terminal."


def consent(request: AuthorizeRequest, state: State, csrf: str) -> str:
    hidden = [
        h("input", type="hidden", name=name, value=value)
        for name, value in {**request.fields(), "csrf": csrf}.items()
    ]
    if request.scope == "team":
        asks = "It asks to manage all projects and deployments of one team of the emulator."
        pickers = [_teams(state)]
    else:
        asks = "It asks to manage one project of the emulator and its deployments."
        pickers = [_projects(state), *_new_project(state)]
    buttons = h(
        "div",
        h("button", "Authorize", type="submit", name="decision", value="authorize", class_="primary"),
        h("button", "Cancel", type="submit", name="decision", value="cancel", formnovalidate=True),
        class_="buttons",
    )
    form = h("form", *hidden, *pickers, buttons, method="post", action=f"/oauth/authorize/{request.scope}")
    return document(
        f"Authorize {CLIENT_NAME}",
        h("h1", f"Authorize {CLIENT_NAME}?"),
        h("p", "The program ", h("strong", CLIENT_NAME), " on this computer wants to connect. ", asks),
        h("p", "It will be answered at ", h("code", request.redirect_uri), class_="quiet"),
        form,
        h("p", "No account is involved, and nothing leaves this computer.", class_="quiet"),
    )


def refused(message: str) -> str:
    return document(
        "Cannot authorize",
        h("h1", "This request cannot be authorised"),
        h("p", message),
        h("p", "Nothing was authorised. Go back to the terminal and start again.", class_="quiet"),
    )


def cancelled() -> str:
    return document("Cancelled", h("h1", "Cancelled"), h("p", CANCELLED))


def authorised() -> str:
    return document("Authorised", h("h1", "Authorised"), h("p", "Going back to the program …"))


def _teams(state: State) -> Html:
    options = [h("option", team.name, value=team.slug) for team in state.teams]
    return h("label", "Team", h("select", *options, name="team"))


def _projects(state: State) -> Html:
    options = [h("option", "A new project", value=NEW_PROJECT)]
    options += [
        h("option", f"{team.name} / {project.name}", value=str(project.id))
        for team in state.teams
        for project in state.projects_of(team.id)
    ]
    return h("label", "Project", h("select", *options, name="project"))


def _new_project(state: State) -> list[Html]:
    name = h("input", name="new_project", value="my-app", maxlength="128", autocomplete="off")
    return [h("label", "Name, if it is new", name), _teams(state)]
