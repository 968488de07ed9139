from __future__ import annotations

from textual.app import App, ComposeResult

from vibe_tui.widgets.preview import Preview


class PreviewApp(App[None]):
    def compose(self) -> ComposeResult:
        yield Preview("It needs [bold]a phone[/bold].\x1b]52;c;AAAA\x07")


async def test_says_what_it_needs_in_plain_text() -> None:
    app = PreviewApp()
    async with app.run_test(size=(40, 10)) as pilot:
        preview = app.query_one(Preview)
        assert str(preview.content) == "It needs [bold]a phone[/bold]."
        preview.show("Start the dev server\u202e first.")
        await pilot.pause()
        assert str(preview.content) == "Start the dev server first."
