"""The logs side by side, through their door."""

from __future__ import annotations

from textual.app import App, ComposeResult

from vibe_tui.widgets.log_tabs import LogTabs
from vibe_tui.widgets.log_view import LogView


class LogsApp(App[None]):
    def __init__(self) -> None:
        super().__init__()
        self.logs = LogTabs([("convex", "Convex"), ("activity", "Activity")])
        self.opened: list[str] = []

    def compose(self) -> ComposeResult:
        yield self.logs

    def on_log_tabs_opened(self, message: LogTabs.Opened) -> None:
        self.opened.append(message.log_id)


async def test_a_log_is_made_when_it_is_first_shown() -> None:
    app = LogsApp()
    async with app.run_test(size=(40, 8)) as pilot:
        convex = app.logs.active
        convex.extend(["one"])
        app.logs.show_next()
        await pilot.pause()
        activity = app.logs.active
        assert app.opened == ["activity"]
        assert activity.has_focus_within and activity.display and not convex.display
        app.logs.show_next(-1)
        app.logs.show_next()
        await pilot.pause()
        assert app.opened == ["activity"], "it is there already"
        app.logs.show("convex")
        assert app.logs.active is convex and convex.line_count == 1
        assert convex.has_focus_within, "a key that was typed ahead is for it"


async def test_a_click_on_a_name_shows_its_log() -> None:
    app = LogsApp()
    async with app.run_test(size=(40, 8)) as pilot:
        await pilot.click(LogTabs, offset=(12, 0))
        await pilot.pause()
        assert app.opened == ["activity"]
        assert app.logs.active.has_focus_within
        assert len(app.query(LogView)) == 2
