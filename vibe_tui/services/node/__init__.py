"""Node, and the npm packages that pushing to Convex and the emulator need."""

from vibe_tui.services.node.find import RANGE, Node, NodeMissing, NodeTooOld, NpmMissing, find_node, find_npm
from vibe_tui.services.node.toolchain import (
    CONVEX,
    ToolchainFailed,
    ensure_toolchain,
    link_toolchain,
    path_with,
    toolchain_ready,
)

__all__ = [
    "CONVEX",
    "RANGE",
    "Node",
    "NodeMissing",
    "NodeTooOld",
    "NpmMissing",
    "ToolchainFailed",
    "ensure_toolchain",
    "find_node",
    "find_npm",
    "link_toolchain",
    "path_with",
    "toolchain_ready",
]
