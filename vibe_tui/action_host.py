"""Screens and the app as performers of the registry's actions, and the palette that lists them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator, Sequence
from functools import partial
from inspect import isawaitable
from typing import TYPE_CHECKING, Any, cast

from textual.command import DiscoveryHit, Hit, Hits, Provider
from textual.dom import DOMNode

from vibe_tui.actions import ACTIONS, BY_ID, Action, Context
from vibe_tui.services.errors import VibeError

if TYPE_CHECKING:
    from textual.screen import Screen

Handler = Callable[[], Awaitable[object] | object]


class ActionHost:
    """A screen or an app that performs actions of the registry. Comes before Screen or App in the bases.

    It fills `handlers` (action id to callable); an action without a handler does not exist there.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self.handlers: dict[str, Handler] = {}
        self._disabled: set[str] = set()
        super().__init__(*args, **kwargs)

    def contexts(self) -> Sequence[Context]:
        """Where the user is, the most specific last. A screen with panes adds the pane with the focus."""
        return ("everywhere",)

    def set_enabled(self, enabled: bool, *action_ids: str) -> None:
        """Say that these actions can, or cannot, be done now."""
        before = set(self._disabled)
        if enabled:
            self._disabled.difference_update(action_ids)
        else:
            self._disabled.update(action_ids)
        if self._disabled != before:
            cast(DOMNode, self).refresh_bindings()

    def is_enabled(self, action_id: str) -> bool:
        """Whether the action can be done now, wherever the focus is."""
        return action_id in self.handlers and action_id not in self._disabled

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Textual asks whether a key works now."""
        if action != "perform":
            return True
        action_id = str(parameters[0])
        return self.is_enabled(action_id) and BY_ID[action_id].context in self.contexts()

    async def action_perform(self, action_id: str) -> None:
        """Do it. An expected failure is shown."""
        try:
            result = self.handlers[action_id]()
            if isawaitable(result):
                await result
        except VibeError as error:
            message = f"{error.message}\n{error.next_step}" if error.next_step else error.message
            cast(DOMNode, self).app.notify(message, severity="error", markup=False)


def hosts_of(screen: Screen[Any]) -> list[ActionHost]:
    """The screen and the app, as far as they perform actions."""
    return [host for host in (screen, screen.app) if isinstance(host, ActionHost)]


def actions_here(screen: Screen[Any]) -> list[Action]:
    """What the keys do now, the most specific first."""
    found: list[Action] = []
    for host in hosts_of(screen):
        contexts = list(host.contexts())
        here = [a for a in ACTIONS if a.context in contexts and host.is_enabled(a.id)]
        found += sorted(here, key=lambda action: -contexts.index(action.context))
    return found


_LAST = {"Panes": 1, "Everywhere": 2}


class ActionCommands(Provider):
    """The command palette: every action that can be done now."""

    async def discover(self) -> Hits:
        for action, command in self._commands():
            yield DiscoveryHit(action.title, command, help=action.help)

    async def search(self, query: str) -> Hits:
        matcher = self.matcher(query)
        for action, command in self._commands():
            score = matcher.match(action.title)
            if score > 0:
                yield Hit(score, matcher.highlight(action.title), command, help=action.help)

    def _commands(self) -> Iterator[tuple[Action, Callable[[], Awaitable[None]]]]:
        """What the project is for comes first, what works everywhere last; nothing twice."""
        hosts = hosts_of(self.screen)
        for action in sorted(ACTIONS, key=lambda action: _LAST.get(action.group, 0)):
            host = next((host for host in hosts if host.is_enabled(action.id)), None)
            if host is not None and action.id != "command_palette":
                yield action, partial(host.action_perform, action.id)
