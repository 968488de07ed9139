"""The states of the page, built with plain data through the doors that the presenters use."""

from __future__ import annotations

import tempfile
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from textual.pilot import Pilot
from textual.screen import Screen
from textual.widget import Widget

from tests.snapshots import backend_scenes as tabs
from tests.snapshots.chat_scenes import CHAT_SCENES
from vibe_tui.screens.backend.dialog import BackendDialog
from vibe_tui.screens.backend.view import (
    BackendView,
    Choice,
    ChoosingView,
    ConnectedView,
    ConnectingView,
    DisconnectingView,
    NotConnectedView,
    Step,
    Way,
)
from vibe_tui.screens.confirm import ConfirmDialog, Option
from vibe_tui.screens.progress import ProgressDialog
from vibe_tui.screens.project import screen as project_screen
from vibe_tui.screens.project.disconnect_questions import how_to_disconnect
from vibe_tui.screens.project.presenters import PUBLISH
from vibe_tui.screens.projects import ProjectRow, ProjectsScreen
from vibe_tui.screens.prompt import PromptDialog
from vibe_tui.services.convex.connect import EmulatorMethod, OAuthMethod, OAuthNotConfigured
from vibe_tui.services.convex.journal import STEPS
from vibe_tui.services.convex.key_methods import SelfHostedMethod
from vibe_tui.services.errors import VibeError
from vibe_tui.services.model import Connected, Problem, Project
from vibe_tui.services.paths import Home
from vibe_tui.services.settings import Settings
from vibe_tui.widgets.file_tree import Entry

Scene = Callable[[Pilot[Any]], Awaitable[None]]
NOWHERE = Path(tempfile.gettempdir())
"""Nothing is written: the screens here have no workspace."""

HOSTILE = "evil\x1b[2J\x1b]52;c;eA==\x07 [red]x[/] \u202egnp.exe \u200b"
SCHEMA = """\
import { defineSchema, defineTable } from "convex/server";
import { v } from "convex/values";

export default defineSchema({
  messages: defineTable({
    author: v.string(),
    body: v.string(),
  }).index("by_author", ["author"]),
});
"""
DIFF = """\
@@ -1,2 +1,8 @@
-import { defineSchema } from "convex/server";
+import { defineSchema, defineTable } from "convex/server";
+import { v } from "convex/values";
-export default defineSchema({});
+export default defineSchema({
+  messages: defineTable({
+    author: v.string(),
+    body: v.string(),
+  }).index("by_author", ["author"]),
+});
"""
PUSH = [
    "\x1b[36mnpx convex dev --once\x1b[39m",
    "\x1b[90m- Preparing Convex functions...\x1b[39m",
    "\x1b[32m✔\x1b[39m \x1b[1mConvex functions ready!\x1b[22m (1.92s)",
]
FAILED_PUSH = [
    *PUSH[:2],
    "\x1b[31m✖ TypeScript typecheck via `tsc` failed.\x1b[39m",
    "convex/messages.ts:7:31 - \x1b[31merror\x1b[39m TS2345: Argument of type 'string' is not assignable to "
    "parameter of type '\"messages\"'.",
]
LINK = "http://127.0.0.1:3210/oauth/authorize/team?client_id=vibe-tui&response_type=code&state=0123456789"


def sentence(problem: VibeError) -> str:
    return f"{problem.message} {problem.next_step}"


WAYS = (
    Way(EmulatorMethod.name, EmulatorMethod.title, EmulatorMethod.needs),
    Way(OAuthMethod.name, OAuthMethod.title, OAuthMethod.needs, has_teams=True),
    Way(
        SelfHostedMethod.name,
        SelfHostedMethod.title,
        SelfHostedMethod.needs,
        makes_project=False,
        wants_address=True,
    ),
    Way("oauth-later", OAuthMethod.title, OAuthMethod.needs, obstacle=sentence(OAuthNotConfigured())),
)


class StillPage(project_screen.ProjectScreen):
    """The page without what fills it."""

    CSS_PATH = str(Path(project_screen.__file__).with_name("project.tcss"))

    def __init__(self, name: str = "my-app") -> None:
        super().__init__(
            Home(NOWHERE / "none"), Settings(), Project("0" * 12, name, NOWHERE / "app", "local", "")
        )

    def _begin(self) -> None:
        """No workspace is opened."""


def page(name: str = "my-app") -> Callable[[], Screen[Any]]:
    return lambda: StillPage(name)


def page_of(pilot: Pilot[Any]) -> StillPage:
    screen = pilot.app.screen_stack[0]
    assert isinstance(screen, StillPage)
    return screen


def connected(page: StillPage, dev_server: str = "dev server running, last push 1.9 s") -> None:
    page.header.show_backend("Convex Connected", "good")
    page.status.show("sandbox", "this computer")
    page.status.show("convex", "Convex: emulator")
    page.status.show("dev server", dev_server, "good" if "running" in dev_server else "plain")
    page.status.show("assistant", "assistant: built-in recipes")


def files(page: StillPage) -> None:
    page.file_tree.show_folder(
        "",
        [Entry("app", True), Entry("assets", True), Entry("convex", True), Entry("node_modules", True, True)]
        + [
            Entry(name, False)
            for name in (".env.local", "README.md", "app.json", "package.json", "tsconfig.json")
        ],
    )


async def empty(pilot: Pilot[Any]) -> None:
    page = page_of(pilot)
    files(page)
    page.status.show("convex", "Convex: not connected")
    page.status.show("assistant", "assistant: built-in recipes")


def add_plan(page: StillPage, *, ask: bool) -> None:
    page.chat.add_plan(
        "Add the table messages",
        ["Add messages to convex/schema.ts: author text, body text; index by_author."],
        ["No fields were named: messages gets the usual ones."],
        ask=ask,
    )


async def at_work(pilot: Pilot[Any]) -> None:
    page = page_of(pilot)
    files(page)
    connected(page)
    page.file_tree.show_folder("convex", [Entry("_generated", True, True), Entry("schema.ts", False)])
    page.file_tree.mark(["convex/schema.ts"])
    page.file_tree.reveal("convex/schema.ts")
    page.editor.open("app/index.tsx", "export default function Index() {}\n")
    page.editor.open("convex/schema.ts", SCHEMA)
    page.logs.active.extend(PUSH)
    page.chat.add_prompt("Add a messages database table")
    add_plan(page, ask=False)
    page.chat.add_file("convex/schema.ts", 8, 2, DIFF, False)
    page.chat.deployed(1.92)


async def editing(pilot: Pilot[Any]) -> None:
    await at_work(pilot)
    page_of(pilot).panes.show("editor")
    page_of(pilot).editor.focus()


async def in_the_files(pilot: Pilot[Any]) -> None:
    await at_work(pilot)
    page_of(pilot).panes.show("files")


async def in_the_log(pilot: Pilot[Any]) -> None:
    await at_work(pilot)
    page = page_of(pilot)
    page.logs.active.extend(FAILED_PUSH)
    page.panes.show("log")


async def searching(pilot: Pilot[Any]) -> None:
    await in_the_log(pilot)
    page_of(pilot).logs.active.search()
    await pilot.press(*"conv")


async def on_the_header(pilot: Pilot[Any]) -> None:
    await at_work(pilot)
    page_of(pilot).query_one("#download").focus()


async def asking(pilot: Pilot[Any]) -> None:
    page = page_of(pilot)
    files(page)
    connected(page)
    page.chat.focus()
    page.chat.add_prompt("Add a messages database table")
    page.chat.busy(True)
    add_plan(page, ask=True)
    await pilot.pause()
    await pilot.pause()


async def diff_open(pilot: Pilot[Any]) -> None:
    await at_work(pilot)
    page = page_of(pilot)
    page.panes.show("chat")
    page.chat.focus()
    await pilot.pause()
    await pilot.press("shift+tab", "enter")


async def failed_deploy(pilot: Pilot[Any]) -> None:
    await at_work(pilot)
    page = page_of(pilot)
    problem = Problem("Argument of type 'string' is not assignable.", "convex/messages.ts", 7)
    page.status.show("dev server", "push failed: TypeScript typecheck via `tsc` failed.", "bad", problem)
    page.logs.active.extend(FAILED_PUSH)
    page.editor.open("convex/messages.ts", 'import { query } from "./_generated/server";\n' * 9, 7)
    page.editor.show_problem(problem.file, 7, problem.message)
    page.chat.add_prompt("Create a function to save user messages")
    page.chat.deploy_failed(problem.message, problem.file, problem.line)
    page.chat.add_refusal(
        "The built-in recipes cannot do this.",
        'Ask for a table, for example "Add a messages database table".',
    )
    page.chat.offer(
        "Written, not deployed: the dev server is stopped.", "Start Dev Server", "toggle_dev_server"
    )
    page.chat.focus()


async def long_names(pilot: Pilot[Any]) -> None:
    page = page_of(pilot)
    long = "a-component-with-a-very-long-name-that-nobody-can-read.tsx"
    page.file_tree.show_folder(
        "", [Entry("folder-" * 9, True), Entry(long, False), Entry("日本語のファイル.tsx", False)]
    )
    page.editor.open(long, "const x = 1;\n" * 60)
    page.editor.open(f"b/{long}", "const y = '" + "x" * 200 + "';\n")
    page.logs.active.extend(["x" * 400, "short"])
    page.status.show("convex", "Convex: emulator")
    page.status.show("dev server", "push failed: " + "a long reason " * 12, "bad")
    page.header.show_backend("Making a key for this project only failed", "bad")
    page.chat.add_prompt("word " * 40 + "w" * 90)


async def hostile(pilot: Pilot[Any]) -> None:
    page = page_of(pilot)
    page.file_tree.show_folder("", [Entry(HOSTILE, True), Entry(HOSTILE + ".ts", False)])
    page.editor.open(HOSTILE + ".ts", HOSTILE)
    page.chat.add_prompt(HOSTILE)
    page.chat.add_text(HOSTILE)
    page.chat.add_file(HOSTILE, 1, 0, "@@ -0,0 +1 @@\n+" + HOSTILE, True)
    page.chat.deploy_failed(HOSTILE, HOSTILE, 3)
    page.chat.add_refusal(HOSTILE, HOSTILE)
    page.status.show("convex", HOSTILE, "bad")
    page.header.show_backend(HOSTILE, "bad")
    page.status.notice(HOSTILE)
    page.app.notify(HOSTILE, timeout=600)


async def read_only(pilot: Pilot[Any]) -> None:
    await empty(pilot)
    page = page_of(pilot)
    page.status.show("convex", "read only: open in vibe-tui dev, process 4242", "bad")
    page.status.show("assistant", "")
    page.app.notify(
        "my-app is open in vibe-tui dev (process 4242). "
        "You can read here; it opens by itself when it is free.",
        severity="warning",
        timeout=600,
    )


async def keys(pilot: Pilot[Any]) -> None:
    await at_work(pilot)
    await pilot.press("f1")
    await pilot.pause()


async def palette(pilot: Pilot[Any]) -> None:
    await empty(pilot)
    await pilot.press("ctrl+p")
    await pilot.pause()
    await pilot.app.workers.wait_for_complete()
    await pilot.pause()


def over(screen: Callable[[], Screen[Any]], before: Scene = at_work) -> Scene:
    async def scene(pilot: Pilot[Any]) -> None:
        await before(pilot)
        await pilot.app.push_screen(screen())
        await pilot.pause()

    return scene


def backend(view: BackendView, before: Scene = empty) -> Scene:
    return over(lambda: BackendDialog(view, lambda wish: None), before)


def steps(at: int) -> tuple[Step, ...]:
    return tuple(
        Step(title, "done" if number < at else "doing" if number == at else "waiting")
        for number, title in enumerate(STEPS, 1)
    )


def is_connected(dev_server: str, tone: Any, **more: Any) -> ConnectedView:
    running = tone in ("good", "busy", "bad")
    view = {"running": running, "pushing": tone == "busy", "note": "", "has_screen": True} | more
    return ConnectedView(
        project="my-app",
        team="personal",
        place="emulated Convex on this computer",
        deployment="quiet-otter-123",
        key="opens this deployment only, until 2027-11-23",
        dev_server=dev_server,
        tone=tone,
        dashboard="http://127.0.0.1:3210/d/quiet-otter-123",
        **view,
    )


async def progress_half(pilot: Pilot[Any]) -> None:
    await at_work(pilot)
    dialog = ProgressDialog("Download", "Writing the zip", lambda: None)
    await pilot.app.push_screen(dialog)
    await pilot.pause()
    dialog.show(1240, 2480)


NOT_CONNECTED = NotConnectedView(WAYS, "emulator", name="my-app")
WITH_TEAMS = NotConnectedView(WAYS, "oauth", name="my-app", teams=("acme", HOSTILE))
CANNOT = NotConnectedView(WAYS, "oauth-later", name="my-app")
OWN_BACKEND = NotConnectedView(WAYS, "self-hosted")
BEGUN = NotConnectedView(
    WAYS[:1],
    "emulator",
    begun="my-app-1f2e3d4c",
    reason="Making a key for this project only: api.convex.dev does not accept the sign-in any "
    "more: “revoked”.",
    next_step="Sign in again: connect once more.",
    action="Sign in again",
)
LEAVING = NotConnectedView(
    WAYS[:1],
    "emulator",
    begun="my-app-1f2e3d4c",
    leaving=True,
    reason="Disconnecting: api.convex.dev did not answer within 20 s.",
    next_step="Run `vibe-tui disconnect --revoke` again, or `vibe-tui disconnect --forget` to leave the "
    "rest to the Convex dashboard.",
)
FAILED = NotConnectedView(
    WAYS,
    "emulator",
    name="my-app",
    reason="Creating the Convex project: Convex answered 403: the team has reached its number of projects.",
    next_step="Delete a project in the dashboard, or choose another team, and try again.",
    action="Try again",
)
SIGNING_IN = ConnectingView(steps(1), link=LINK, opened=False, can_approve=True, seconds_left=292)
REFUSED = ConnectingView(
    steps(1),
    link=LINK,
    opened=True,
    can_approve=False,
    seconds_left=61,
    note="That is not the address this sign-in ends at. Copy the whole address of the last page.",
)
ASKED = ConnectingView(
    steps(1),
    question="Paste the team access token (it is not shown):",
    answer="secret",
    note="That is a deploy key, not an access token. Connect with it: choose the deploy key "
    "(`--with deploy-key`).",
)
AGREE = ConnectingView(
    steps(1),
    question="Use the login of the Convex command line (/home/me/.convex/config.json)? It opens everything "
    "that you can open at Convex, and a copy is kept until you disconnect.",
    answer="yes",
)
WAITING = ConnectingView(
    steps(3), waiting="api.convex.dev had too many requests; it asks to wait 12 s. Trying again in 9 s."
)
CHOOSING = ChoosingView(
    "Which project of the team acme?",
    (
        Choice("1", "shop", "dev happy-otter-123, prod quick-fox-7"),
        Choice("2", "a-project-with-a-name-longer-than-the-column"),
        Choice("3", HOSTILE, HOSTILE),
        *(Choice(str(number), f"project-{number}", f"dev calm-cow-{number}") for number in range(4, 40)),
    ),
    searchable=True,
    more=True,
    alternative="Make a new one",
)
DEPLOYMENTS = ChoosingView(
    "Project shop: which deployment?",
    (Choice("own", "My own dev deployment", "happy-otter-123"), Choice("b", "brave-bear-9", "custom")),
    can_go_back=True,
)
CONNECTION = Connected(
    backend="emulator",
    provision_host="http://127.0.0.1:3210",
    dashboard_host="http://127.0.0.1:3210",
    team_id=1,
    team="personal",
    project_id=1,
    project="my-app",
    deployment="quiet-otter-123",
    url="http://127.0.0.1:3211",
    site_url="http://127.0.0.1:3212",
    key_name="vibe-tui",
    key_ref="",
    narrow=True,
)
SCENES: dict[str, Scene] = {
    "empty": empty,
    "at_work": at_work,
    "editing": editing,
    "in_the_files": in_the_files,
    "in_the_log": in_the_log,
    "searching": searching,
    "on_the_header": on_the_header,
    "asking": asking,
    "diff_open": diff_open,
    "failed_deploy": failed_deploy,
    "long_names": long_names,
    "hostile": hostile,
    "read_only": read_only,
    "keys": keys,
    "palette": palette,
    "backend_not_connected": backend(NOT_CONNECTED),
    "backend_failed": backend(FAILED),
    "backend_signing_in": backend(SIGNING_IN),
    "backend_paste_refused": backend(REFUSED),
    "backend_connecting": backend(ConnectingView(steps(3))),
    "backend_connected": backend(is_connected("Stopped", "plain"), at_work),
    "backend_pushing": backend(is_connected("Pushing", "busy"), at_work),
    "backend_running": backend(is_connected("Running, last push 1.9 s", "good"), at_work),
    "backend_push_failed": backend(
        is_connected("Push failed: TypeScript typecheck via `tsc` failed.", "bad"), at_work
    ),
    "backend_teams": backend(WITH_TEAMS),
    "backend_cannot": backend(CANNOT),
    "backend_address": backend(OWN_BACKEND),
    "backend_begun": backend(BEGUN),
    "backend_leaving": backend(LEAVING),
    "backend_secret": backend(ASKED),
    "backend_agree": backend(AGREE),
    "backend_waiting": backend(WAITING),
    "backend_choosing": backend(CHOOSING),
    "backend_none_found": backend(
        ChoosingView("Which project?", (), searchable=True, alternative="Make a new one")
    ),
    "backend_deployments": backend(DEPLOYMENTS),
    "backend_refused": backend(
        is_connected(
            "Push failed: Convex refused the deploy key.",
            "bad",
            refused="127.0.0.1:3211 does not accept the project's key: “unknown, revoked or for another”.",
        ),
        at_work,
    ),
    "backend_disconnecting": backend(
        DisconnectingView(("✓ Variables removed from .env.local", "✓ The key revoked at Convex")), at_work
    ),
    "progress": progress_half,
}


ROWS = (
    ProjectRow("a1", "my-app", "/home/me/my-app", "Convex Connected (emulator)"),
    ProjectRow("b2", "shop", "/home/me/work/shop"),
    ProjectRow("c3", "gone", "/home/me/gone", problem="folder not found"),
    ProjectRow("d4", HOSTILE, "/home/me/" + "very-long-" * 12 + HOSTILE, "Connecting was not finished"),
)


async def nothing(pilot: Pilot[Any]) -> None:
    """The first screen as it is."""


FIRST = {"projects_empty": ProjectsScreen, "projects": lambda: ProjectsScreen(ROWS)}
SCENES |= dict.fromkeys(FIRST, nothing)
SCENES |= {
    "new_project": over(
        lambda: PromptDialog(
            "New project", "An Expo app that can be connected to Convex. Its name:", accept="Next"
        ),
        nothing,
    ),
    "download": over(
        lambda: PromptDialog(
            "Download",
            "Everything of the app as a zip, without keys, node_modules and .git. Where to?",
            value="/home/me/" + "long/" * 20 + "my-app.zip",
            accept="Save the zip",
        )
    ),
    "downloaded": over(
        lambda: ConfirmDialog(
            "Downloaded",
            "38 files, 412 kB\n/home/me/work/my-app.zip\n\nLeft out:\n.env.local: it may hold keys",
            [Option("close", "Close", "safe")],
        )
    ),
    "disconnect": over(lambda: how_to_disconnect(CONNECTION)),
    "publish": over(lambda: ConfirmDialog("Publish App", PUBLISH, [Option("close", "Close", "safe")])),
    "delete_project": over(
        lambda: ConfirmDialog(
            "Delete the Convex project",
            "my-app and all its data are deleted. This cannot be undone.",
            [Option("cancel", "Cancel", "safe"), Option("delete-project", "Delete it", "danger")],
            type_name="my-app",
        )
    ),
}
SCENES |= CHAT_SCENES


def tab(name: str, pane: Callable[[], Widget], fill: Callable[[Pilot[Any], str], Awaitable[None]]) -> Scene:
    """The Backend screen at this tab."""

    async def scene(pilot: Pilot[Any]) -> None:
        project = Project("0" * 12, "my-app", NOWHERE / "app", "local", "")
        screen = tabs.StillBackend(Home(NOWHERE / "none"), project, CONNECTION, name, pane())
        await pilot.app.push_screen(screen)
        await pilot.pause()
        await fill(pilot, HOSTILE)

    return scene


SCENES |= {
    "tab_data": tab("data", tabs.data_pane, tabs.fill_data),
    "tab_environment": tab("environment", tabs.environment_pane, tabs.fill_environment),
    "tab_health": tab("health", tabs.health_pane, tabs.fill_health),
}
