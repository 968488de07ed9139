"""How scroll bars are drawn."""

from __future__ import annotations

from rich.color import Color
from rich.segment import Segment, Segments
from rich.style import Style
from textual.scrollbar import ScrollBarRender


class LowScrollBar(ScrollBarRender):
    """A horizontal bar lies at the bottom of its row; as high as text it looks like a stray block."""

    @classmethod
    def render_bar(
        cls,
        size: int = 25,
        virtual_size: float = 50,
        window_size: float = 20,
        position: float = 0,
        thickness: int = 1,
        vertical: bool = True,
        back_color: Color = Color.parse("#555555"),  # noqa: B008  # Textual's own signature
        bar_color: Color = Color.parse("bright_magenta"),  # noqa: B008
    ) -> Segments:
        bar = super().render_bar(
            size, virtual_size, window_size, position, thickness, vertical, back_color, bar_color
        )
        return (
            bar if vertical else Segments([_low(segment, back_color, bar_color) for segment in bar.segments])
        )


def _low(segment: Segment, back: Color, bar: Color) -> Segment:
    meta = segment.style.meta if segment.style is not None else {}
    is_thumb = meta.get("@mouse.down") == "grab"
    if segment.text == "\n":
        return segment
    return Segment("▂" if is_thumb else " ", Style(color=bar, bgcolor=back, meta=meta))
