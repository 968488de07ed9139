"""The tabs of the Backend screen, in their order."""

from __future__ import annotations

from collections.abc import Callable

from vibe_tui.screens.dashboard.tab import Host, Tab


def _data(host: Host) -> Tab:
    from vibe_tui.screens.dashboard.data_tab import DataTab

    return DataTab(host)


def _functions(host: Host) -> Tab:
    from vibe_tui.screens.dashboard.functions_tab import FunctionsTab

    return FunctionsTab(host)


def _logs(host: Host) -> Tab:
    from vibe_tui.screens.dashboard.logs_tab import LogsTab

    return LogsTab(host)


def _environment(host: Host) -> Tab:
    from vibe_tui.screens.dashboard.environment_tab import EnvironmentTab

    return EnvironmentTab(host)


def _health(host: Host) -> Tab:
    from vibe_tui.screens.dashboard.health_tab import HealthTab

    return HealthTab(host)


TABS: dict[str, tuple[str, Callable[[Host], Tab]]] = {
    "data": ("Data", _data),
    "functions": ("Functions", _functions),
    "logs": ("Logs", _logs),
    "environment": ("Environment", _environment),
    "health": ("Health", _health),
}
"""Title and maker of each, by the end of its action's id: made when it is first shown."""
