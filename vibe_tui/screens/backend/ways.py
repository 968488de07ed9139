"""The ways to connect that the page offers."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import Any

from vibe_tui.screens.backend.view import Way
from vibe_tui.services.convex.connect import (
    ConnectMethod,
    EmulatorMethod,
    OAuthMethod,
    RunningEmulator,
)
from vibe_tui.services.settings import Settings


def methods(
    settings: Settings, ensure_emulator: Callable[[], Coroutine[Any, Any, RunningEmulator]]
) -> dict[str, ConnectMethod]:
    """By id, the one that works everywhere first."""
    convex = settings.convex
    ways: list[ConnectMethod] = [
        EmulatorMethod(ensure_emulator),
        OAuthMethod(
            convex.provision_host, convex.dashboard_host, convex.oauth_client_id, convex.oauth_client_secret
        ),
    ]
    return {way.name: way for way in ways}


def as_ways(methods: dict[str, ConnectMethod]) -> tuple[Way, ...]:
    return tuple(Way(method.name, method.title, method.needs) for method in methods.values())
