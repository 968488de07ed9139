"""Our two themes: calm greys, one accent, text that keeps WCAG AA contrast (4.5:1) on every surface."""

from __future__ import annotations

from rich.terminal_theme import TerminalTheme
from textual.theme import Theme

DARK = Theme(
    name="vibe-dark",
    dark=True,
    background="#14171c",
    surface="#1a1e25",
    panel="#232934",
    foreground="#d7dce5",
    primary="#78a9f0",
    secondary="#8fa3bf",
    accent="#78a9f0",
    success="#80c78d",
    warning="#dcb567",
    error="#f08a86",
    variables={
        "text-muted": "#9aa4b3",
        "line": "#343c49",
        "border": "#78a9f0",
        "border-blurred": "#343c49",
        "block-cursor-background": "#78a9f0",
        "block-cursor-foreground": "#10131a",
        "block-cursor-text-style": "none",
        "block-cursor-blurred-background": "#2b3442",
        "block-cursor-blurred-foreground": "#d7dce5",
        "block-hover-background": "#232934",
        "footer-key-foreground": "#78a9f0",
        "input-selection-background": "#78a9f0 35%",
        "button-color-foreground": "#10131a",
        "button-focus-text-style": "bold underline",
        "scrollbar": "#343c49",
        "scrollbar-hover": "#465063",
        "scrollbar-active": "#78a9f0",
        "scrollbar-background": "#1a1e25",
        "scrollbar-background-hover": "#1a1e25",
        "scrollbar-background-active": "#1a1e25",
        "scrollbar-corner-color": "#1a1e25",
    },
)

LIGHT = Theme(
    name="vibe-light",
    dark=False,
    background="#fbfbf8",
    surface="#f4f4f0",
    panel="#e8e9e3",
    foreground="#22272e",
    primary="#1d5bab",
    secondary="#4b5c73",
    accent="#1d5bab",
    success="#22692f",
    warning="#7a4f00",
    error="#aa221c",
    variables={
        "text-muted": "#555d68",
        "line": "#c9cbc4",
        "border": "#1d5bab",
        "border-blurred": "#c9cbc4",
        "block-cursor-background": "#1d5bab",
        "block-cursor-foreground": "#ffffff",
        "block-cursor-text-style": "none",
        "block-cursor-blurred-background": "#d9dfe8",
        "block-cursor-blurred-foreground": "#22272e",
        "block-hover-background": "#e8e9e3",
        "footer-key-foreground": "#1d5bab",
        "input-selection-background": "#1d5bab 25%",
        "button-color-foreground": "#ffffff",
        "button-focus-text-style": "bold underline",
        "scrollbar": "#c9cbc4",
        "scrollbar-hover": "#a9aca4",
        "scrollbar-active": "#1d5bab",
        "scrollbar-background": "#f4f4f0",
        "scrollbar-background-hover": "#f4f4f0",
        "scrollbar-background-active": "#f4f4f0",
        "scrollbar-corner-color": "#f4f4f0",
    },
)


def _terminal_colours(background: str, text: str, normal: str, bright: str) -> TerminalTheme:
    """normal, bright: black, red, green, yellow, blue, magenta, cyan and white, as hex digits."""

    def rgb(digits: str) -> tuple[int, int, int]:
        red, green, blue = bytes.fromhex(digits)
        return red, green, blue

    return TerminalTheme(
        rgb(background), rgb(text), [rgb(one) for one in normal.split()], [rgb(one) for one in bright.split()]
    )


DARK_COLOURS = _terminal_colours(
    "1a1e25",
    "d7dce5",
    "8a94a3 f08a86 80c78d dcb567 78a9f0 c79be8 6cc5cf d7dce5",
    "9aa4b3 ff9f9a 98dba4 ecca83 97bff8 d8b4f2 8ad8e0 f2f5fa",
)
"""The colours that commands write their output in: as calm as ours, and readable too."""
LIGHT_COLOURS = _terminal_colours(
    "f4f4f0",
    "22272e",
    "22272e aa221c 22692f 7a4f00 1d5bab 7d3a94 0f6673 555d68",
    "555d68 b8322b 2a7537 855a0d 2b69b8 8b4aa2 1e7280 3a414b",
)
