"""An emulated Convex deployment: takes pushes of the unmodified CLI and runs the pushed functions."""

from vibe_tui.emulator.deployment.dashboard import DashboardView
from vibe_tui.emulator.deployment.deployment import Deployment

__all__ = ["DashboardView", "Deployment"]
