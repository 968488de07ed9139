"""A part of the workspace: commands, a frozen state, and subscribers (DESIGN 4)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Generic, TypeVar

State = TypeVar("State")
Event = TypeVar("Event")


class Part(Generic[State, Event]):
    """Holds one frozen state and tells subscribers about changes.

    Everything happens on the event loop's thread, so a subscriber sees events in the order in which
    the part emitted them. A subscriber must not block and must not raise.
    """

    def __init__(self, state: State) -> None:
        self._state = state
        self._subscribers: list[Callable[[State | Event], None]] = []

    @property
    def state(self) -> State:
        return self._state

    def subscribe(self, subscriber: Callable[[State | Event], None]) -> Callable[[], None]:
        """Call `subscriber` with the current state now, then with every later state and event.

        Returns a function that ends the subscription.
        """
        self._subscribers.append(subscriber)
        subscriber(self._state)
        return lambda: self._subscribers.remove(subscriber) if subscriber in self._subscribers else None

    def _become(self, state: State) -> None:
        """Replace the state; subscribers hear of it when it differs."""
        if state != self._state:
            self._state = state
            self._tell(state)

    def _emit(self, event: Event) -> None:
        self._tell(event)

    def _tell(self, what: State | Event) -> None:
        for subscriber in list(self._subscribers):
            subscriber(what)
