from __future__ import annotations

import pytest
from rich.terminal_theme import TerminalTheme
from textual.color import Color
from textual.theme import Theme

from vibe_tui.theme import DARK, DARK_COLOURS, LIGHT, LIGHT_COLOURS

TEXTS = ("foreground", "text-muted", "primary", "success", "warning", "error")
SURFACES = ("background", "surface", "panel", "block-cursor-blurred-background")


def luminance(color: Color) -> float:
    def linear(value: int) -> float:
        part = value / 255
        return part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4

    return 0.2126 * linear(color.r) + 0.7152 * linear(color.g) + 0.0722 * linear(color.b)


def contrast(one: Color, other: Color) -> float:
    """WCAG 2.2, "contrast ratio"."""
    lighter, darker = sorted((luminance(one), luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


@pytest.mark.parametrize("theme", [DARK, LIGHT], ids=lambda theme: theme.name)
def test_text_can_be_read_on_every_surface(theme: Theme) -> None:
    colours = {
        name: Color.parse(value)
        for name, value in theme.to_color_system().generate().items()
        if name in (*TEXTS, *SURFACES, "block-cursor-foreground", "block-cursor-background")
    }
    for text in TEXTS:
        for surface in SURFACES:
            assert contrast(colours[text], colours[surface]) >= 4.5, (text, surface)
    assert contrast(colours["block-cursor-foreground"], colours["block-cursor-background"]) >= 4.5


@pytest.mark.parametrize("theme,colours", [(DARK, DARK_COLOURS), (LIGHT, LIGHT_COLOURS)])
def test_the_colours_of_commands_can_be_read_in_the_log(theme: Theme, colours: TerminalTheme) -> None:
    surface = Color.parse(str(theme.surface))
    for number in range(16):
        assert contrast(Color(*colours.ansi_colors[number]), surface) >= 4.5, number
