"""The keys that work now, by context. One widget that paints one row; Textual's footer is one per key."""

from __future__ import annotations

from collections.abc import Sequence

from textual import events
from textual.content import Content
from textual.screen import Screen
from textual.style import Style
from textual.widget import Widget

from vibe_tui.action_host import actions_here, hosts_of
from vibe_tui.actions import Hint, hint


class KeyBar(Widget):
    """One row of keys and what they do; those that do not fit are in the help."""

    ALLOW_SELECT = False
    DEFAULT_CSS = """
    KeyBar {
        height: 1;
        padding: 0 1;
        background: $background;
        color: $text-muted;
    }
    """

    def __init__(self) -> None:
        super().__init__()
        self._hints: list[Hint] = []

    def on_mount(self) -> None:
        self.screen.bindings_updated_signal.subscribe(self, self._update)
        self._update(self.screen)

    def _update(self, screen: Screen[object]) -> None:
        keymap = getattr(self.app, "keymap", {})
        found = (hint(action, keymap) for action in actions_here(screen))
        hints = [one for one in found if one is not None]
        if hints != self._hints:
            self._hints = hints
            self.refresh()

    def render(self) -> Content:
        hints = self._hints
        if _row(hints).cell_length > self.content_size.width:
            # On a small terminal the switch above the panes names their keys.
            hints = [one for one in hints if not one.to_pane]
        while hints and _row(hints).cell_length > self.content_size.width:
            hints = hints[:-1]
        return _row(hints)

    async def on_click(self, event: events.Click) -> None:
        action_id = event.style.meta.get("action_id")
        for host in hosts_of(self.screen):
            if action_id and host.is_enabled(action_id):
                await host.action_perform(action_id)
                return


def _row(hints: Sequence[Hint]) -> Content:
    return Content("  ").join(
        Content.assemble((one.key, "$footer-key-foreground"), " ", one.title).stylize(
            Style.from_meta({"action_id": one.action_id})
        )
        for one in hints
    )
