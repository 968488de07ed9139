"""The page as a Textual app: theme, keys, the safety of the screen, and an orderly end. Small."""

from __future__ import annotations

import asyncio
import gc
import os
import signal
import sys
from collections.abc import Awaitable, Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from textual import events
from textual.app import App
from textual.binding import Binding
from textual.driver import Driver
from textual.drivers.linux_driver import LinuxDriver
from textual.filter import LineFilter
from textual.screen import Screen
from textual.scrollbar import ScrollBar

from vibe_tui.action_host import ActionCommands, ActionHost, hosts_of
from vibe_tui.actions import bindings, help_content
from vibe_tui.safety import ControlFilter, crash_text, write_crash_report
from vibe_tui.services.errors import VibeError
from vibe_tui.services.terminal_text import clean, redact
from vibe_tui.terminal import ExitSignals, TerminalDriver, can_be_resumed
from vibe_tui.theme import DARK, DARK_COLOURS, LIGHT, LIGHT_COLOURS
from vibe_tui.widgets.scroll_bar import LowScrollBar

if TYPE_CHECKING:
    from textual.notifications import SeverityLevel

QUIT_LIMIT = 5.0
"""Seconds that closing may take when the user quits."""
SIGNAL_LIMIT = 1.0
"""Seconds that closing may take when a signal ends the app."""
MOST_NOTES = 3
"""Notifications on the page at a time."""


class VibeApp(ActionHost, App[None], inherit_bindings=False):
    """Shows one first screen; screens on top of it are pushed when they are needed."""

    TITLE = "vibe-tui"
    CSS_PATH = Path(__file__).with_name("styles.tcss")
    DEFAULT_MODE = "page"
    COMMANDS = {ActionCommands}  # noqa: RUF012  # Textual's own type
    BINDINGS = [  # noqa: RUF012
        *bindings("everywhere"),
        Binding("ctrl+c", "help_quit", show=False),
    ]

    def __init__(
        self,
        first_screen: Callable[[], Screen[Any]],
        *,
        crash_folder: Path,
        light: bool = False,
        keymap: Mapping[str, str] | None = None,
    ) -> None:
        """first_screen: makes the screen the page starts with.

        crash_folder: where a crash report goes. keymap: action id to keys, as Textual names them.
        """
        super().__init__()
        self._crash_folder = crash_folder
        self._control_filter = ControlFilter()
        self._exit_limit = QUIT_LIMIT
        self.keymap = dict(keymap or {})
        self.on_shutdown: Callable[[], Awaitable[object]] | None = None
        """Awaited once before the app ends, however it ends but for a crash; its time is limited."""
        # As a mode, not the default screen: that would be painted once before its styles are there.
        self.add_mode(self.DEFAULT_MODE, first_screen)
        self.last_words = ""
        """What `run` says on the terminal after a crash."""
        ScrollBar.renderer = LowScrollBar
        self.ansi_theme_dark = DARK_COLOURS
        self.ansi_theme_light = LIGHT_COLOURS
        self.register_theme(DARK)
        self.register_theme(LIGHT)
        self.theme = LIGHT.name if light else DARK.name
        self.set_keymap(self.keymap)
        self.handlers |= {
            "help": self.show_help,
            "command_palette": self.show_palette,
            "toggle_theme": self.toggle_theme,
            "suspend": self.action_suspend_process,
            "quit": self.quit,
        }

    # --- Screens --------------------------------------------------------------------------------------

    async def _ready(self) -> None:
        await super()._ready()
        self.call_later(self._paint_first)

    def _paint_first(self) -> None:
        # Until now painting was held back, and nothing else sees to it that it is made up for.
        self.screen._compositor_refresh()
        gc.freeze()  # all this stays as long as the app: no collection need look at it
        gc.enable()

    def show_help(self) -> None:
        """Show the keys of this screen, or close the help."""
        from vibe_tui.screens.help import HelpScreen

        if isinstance(self.screen, HelpScreen):
            self.screen.dismiss()
            return
        known = {action_id for host in hosts_of(self.screen) for action_id in host.handlers}
        self.push_screen(HelpScreen(help_content(known, self.keymap)))

    def show_palette(self) -> None:
        """Let the user find a command by its name."""
        from vibe_tui.palette import Palette

        if not isinstance(self.screen, Palette):
            self.push_screen(Palette(id="--command-palette"))

    def toggle_theme(self) -> None:
        self.theme = DARK.name if self.theme == LIGHT.name else LIGHT.name

    def on_descendant_focus(self, event: events.DescendantFocus) -> None:
        # A blinking cursor writes to the terminal for as long as the page is open.
        if getattr(event.widget, "cursor_blink", False):
            event.widget.cursor_blink = False  # type: ignore[attr-defined]

    # --- Safety ---------------------------------------------------------------------------------------

    def get_line_filters(self) -> Sequence[LineFilter]:
        return [*super().get_line_filters(), self._control_filter]

    def notify(
        self,
        message: str,
        *,
        title: str = "",
        severity: SeverityLevel = "information",
        timeout: float | None = None,
        markup: bool = False,
    ) -> None:
        """Textual's notification, but without markup unless it is asked for; never a pile of them."""
        if len(self._notifications) >= MOST_NOTES:
            self.clear_notifications()  # they would cover a dialog's buttons
        super().notify(clean(message), title=title, severity=severity, timeout=timeout, markup=markup)

    def panic(self, *renderables: Any) -> None:
        """End with an error message, as plain and redacted text."""
        with self.console.capture() as capture:
            for renderable in renderables:
                self.console.print(renderable)
        self._end_with(redact(clean(capture.get())))

    def _fatal_error(self) -> None:
        """A defect: Textual's own report would show the values of variables, thus also secrets."""
        error: BaseException = sys.exc_info()[1] or self._exception or RuntimeError("unknown")
        try:
            report = f"The report is in {write_crash_report(error, self._crash_folder)}"
        except OSError as problem:
            report = f"The report could not be written: {problem.strerror}."
        if isinstance(error, VibeError):
            said = f"{error.message} {error.next_step}".rstrip()
        else:
            said = f"{crash_text(error)}\nThe page stopped because of a defect in vibe-tui."
        self._end_with(f"{redact(clean(said))}\n{clean(report)}")

    def _end_with(self, message: str) -> None:
        # The first error is the cause. Textual would cut its lines at the width of the terminal.
        self.last_words = self.last_words or message
        super().panic()

    # --- The end --------------------------------------------------------------------------------------

    async def quit(self) -> None:
        """Quit, unless a screen has its own way of doing so (unsaved files)."""
        for screen in reversed(self.screen_stack):
            if isinstance(screen, ActionHost) and screen.is_enabled("quit"):
                await screen.action_perform("quit")
                return
        self.exit()

    def leave(self, return_code: int) -> None:
        """End because of a signal: at once, without questions."""
        self._exit_limit = SIGNAL_LIMIT
        # In turn: an app that is still starting cannot be told to exit.
        self.call_later(self.exit, return_code=return_code)

    async def on_exit_app(self) -> None:
        """Every orderly end comes through here before the screens are closed."""
        hook, self.on_shutdown = self.on_shutdown, None
        if hook is not None:
            try:
                await asyncio.wait_for(_run(hook), self._exit_limit)
            except TimeoutError:
                self.log.warning("closing took too long")

    def action_help_quit(self) -> None:
        self.notify("Press Ctrl+Q to quit.")

    def action_suspend_process(self) -> None:
        """Stop this process and those that wait for it (make, uv), as Ctrl+Z does elsewhere."""
        if self._driver is None or not self._driver.can_suspend:
            return
        if not can_be_resumed():
            self.notify("There is no shell here that could bring the page back.", severity="warning")
            return
        self.app_suspend_signal.publish(self)
        os.kill(0, signal.SIGTSTP)

    def get_driver_class(self) -> type[Driver]:
        chosen = super().get_driver_class()
        return TerminalDriver if chosen is LinuxDriver else chosen


async def _run(hook: Callable[[], Awaitable[object]]) -> None:
    await hook()


def run(app: VibeApp) -> int:
    """Run the app in the terminal until it ends; returns the exit code of the process."""

    async def main() -> None:
        signals = ExitSignals(app.leave)
        try:
            await app.run_async()
        finally:
            signals.restore()

    asyncio.run(main())
    if app.last_words:
        print(app.last_words, file=sys.stderr)
    return app.return_code or 0
