from __future__ import annotations

from pathlib import Path

from textual.app import ComposeResult
from textual.command import CommandPalette
from textual.screen import Screen
from textual.widgets import Input, OptionList, Static

from vibe_tui.action_host import ActionHost
from vibe_tui.actions import ACTIONS, Context, bindings, keys_of
from vibe_tui.app import VibeApp
from vibe_tui.screens.help import HelpScreen
from vibe_tui.services.errors import VibeError


class Page(ActionHost, Screen[None]):
    BINDINGS = bindings("project", "log")

    def __init__(self) -> None:
        super().__init__()
        self.performed: list[str] = []
        self.handlers |= {
            "connect_backend": lambda: self.performed.append("connect_backend"),
            "push_now": self.push,
            "toggle_follow": lambda: self.performed.append("toggle_follow"),
        }

    async def push(self) -> None:
        raise VibeError("Not connected to [Convex].", next_step="Press F8 to connect.")

    def contexts(self) -> list[Context]:
        return ["project", "log"]

    def compose(self) -> ComposeResult:
        yield Input()


def shown(app: VibeApp) -> str:
    strips = app.screen._compositor.render_strips()
    return "\n".join("".join(segment.text for segment in strip) for strip in strips)


async def test_the_help_shows_the_actions_of_the_page_with_the_users_keys(tmp_path: Path) -> None:
    app = VibeApp(Page, crash_folder=tmp_path, keymap={"connect_backend": "ctrl+y"})
    async with app.run_test(size=(100, 40)) as pilot:
        await pilot.press("f1")
        assert isinstance(app.screen, HelpScreen)
        text = shown(app)
        assert "Ctrl+Y" in text and "Connect this project to Convex" in text
        assert "F7, Ctrl+T" in text
        assert "Save the project as a zip file" not in text  # this page cannot do that
        await pilot.press("f1")
        assert isinstance(app.screen, Page)
        await pilot.press("f1", "escape")
        assert isinstance(app.screen, Page)


async def test_the_help_can_be_read_to_its_end_on_a_small_terminal(tmp_path: Path) -> None:
    app = VibeApp(Page, crash_folder=tmp_path)
    async with app.run_test(size=(80, 12)) as pilot:
        await pilot.press("f1", "end")
        await pilot.pause()
        last = app.screen.query(Static).last()
        assert last.region.bottom <= 12


async def test_typing_is_never_taken_for_a_command(tmp_path: Path) -> None:
    page = Page()
    app = VibeApp(lambda: page, crash_folder=tmp_path)
    async with app.run_test() as pilot:
        await pilot.press("f", "question_mark", "f8")
        assert page.query_one(Input).value == "f?"
        assert page.performed == ["connect_backend"]


async def test_the_palette_lists_and_runs_what_can_be_done(tmp_path: Path) -> None:
    page = Page()
    app = VibeApp(lambda: page, crash_folder=tmp_path)
    async with app.run_test(size=(100, 40)) as pilot:
        page.set_enabled(False, "push_now")
        await pilot.press("ctrl+p")
        assert isinstance(app.screen, CommandPalette)
        assert app.screen.query_one(Input).cursor_blink is False
        for _ in range(100):
            await pilot.pause(0.02)
            if app.screen.query_one(OptionList).option_count:
                break
        text = shown(app)
        assert "Connect Backend" in text and "Follow log" in text and "Dark or light" in text
        assert "Push now" not in text
        await pilot.press(*"follow log")
        await app.workers.wait_for_complete()
        await pilot.pause()
        await pilot.press("enter")
        await pilot.pause()
        assert page.performed == ["toggle_follow"]


async def test_an_expected_failure_is_shown_and_ends_nothing(tmp_path: Path) -> None:
    page = Page()
    app = VibeApp(lambda: page, crash_folder=tmp_path)
    async with app.run_test(size=(100, 40), notifications=True) as pilot:
        await pilot.press("f7")
        await pilot.pause()
        assert "Not connected to [Convex]." in shown(app)
        assert "Press F8 to connect." in shown(app)


async def test_the_theme_is_switched(tmp_path: Path) -> None:
    app = VibeApp(Page, crash_folder=tmp_path)
    async with app.run_test() as pilot:
        await app.action_perform("toggle_theme")
        await pilot.pause()
        assert app.theme == "vibe-light"


PLACES: dict[str, set[str]] = {"project": {"files", "editor", "log", "chat"}, "projects": set()}
PLACES["backend"] = {"data", "functions", "deployment-logs", "environment", "health"}


def together(first: Context, second: Context) -> bool:
    """Whether the actions of both contexts can work at the same moment."""
    if "everywhere" in (first, second) or first == second:
        return True
    return second in PLACES.get(first, ()) or first in PLACES.get(second, ())


def test_no_two_actions_have_the_same_key_in_the_same_place() -> None:
    assert {action.context for action in ACTIONS} <= {"everywhere", *PLACES, *set.union(*PLACES.values())}
    for first in ACTIONS:
        for second in ACTIONS:
            if first.id < second.id and together(first.context, second.context):
                assert not set(keys_of(first, {})) & set(keys_of(second, {})), (first.id, second.id)
