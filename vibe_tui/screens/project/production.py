"""Deploy to production: say what would be deployed where, have the project's name typed, say how it went."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vibe_tui.screens.confirm import ConfirmDialog, Option
from vibe_tui.services.convex.production import ProductionDeploy, ProductionPlan
from vibe_tui.services.terminal_text import visible

if TYPE_CHECKING:
    from vibe_tui.screens.project.screen import ProjectScreen
    from vibe_tui.services.workspace import Workspace

_TITLE = "Deploy to production"
_MOST_NAMED = 6


async def deploy_production(screen: ProjectScreen, workspace: Workspace) -> None:
    """Raises NotConnectedYet, NoProduction, NotProduction, HttpError."""
    screen.status.notice("Looking for the production deployment")
    plan = await workspace.production.plan()
    options = [Option("cancel", "Cancel", "safe"), Option("deploy", _TITLE, "danger")]
    question = ConfirmDialog(_TITLE, _what(plan), options, type_name=plan.project)
    if await screen.app.push_screen_wait(question) != "deploy":
        screen.status.notice("Nothing was deployed to production")
        return
    screen.panes.show("log")
    screen.status.notice("Deploying to production; the log has its output")
    done = await workspace.production.deploy(plan.project)
    screen.pushed(done.push)
    problem = next((problem for problem in done.push.problems if problem.file), None)
    answers = [Option("close", "Close", "safe")] + ([Option("open", "Open the file")] if problem else [])
    if await screen.app.push_screen_wait(ConfirmDialog(_TITLE, _how(done), answers)) == "open" and problem:
        screen.open_problem(problem)


def _what(plan: ProductionPlan) -> str:
    named = [visible(path) for path in plan.files[:_MOST_NAMED]]
    more = len(plan.files) - len(named)
    files = ", ".join(named) + (f" and {more} more" if more > 0 else "")
    where = f"{plan.deployment}\n{plan.url}" if plan.deployment else "none yet; this makes one"
    return (
        f"Project {plan.project}, team {plan.team}\n"
        f"Production deployment: {where}\n\n"
        f"Deployed are {files}\n\n"
        "Your users get it at once. Development stays as it is."
    )


def _how(done: ProductionDeploy) -> str:
    push = done.push
    said = (
        f"Deployed to {done.deployment} in {push.seconds:.1f} s.\n{done.url}"
        if push.ok
        else f"Not deployed to {done.deployment}: {push.reason}"
    )
    return f"{said}\n\n{done.key_left}".rstrip()
