"""The chat through its door, in a running app."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from textual import events, on
from textual.app import App, ComposeResult
from textual.message import Message
from textual.pilot import Pilot
from textual.widget import Widget
from textual.widgets import Button, Static

from vibe_tui.widgets.chat import ChatPanel
from vibe_tui.widgets.chat.composer import Composer
from vibe_tui.widgets.chat.entries import DeployLine, Said
from vibe_tui.widgets.chat.examples import EXAMPLES, Example
from vibe_tui.widgets.chat.file_card import FileCard
from vibe_tui.widgets.chat.messages import ChatMessage
from vibe_tui.widgets.chat.plan_card import PlanCard
from vibe_tui.widgets.chat.transcript import KEPT, SLACK, OlderLine, Transcript
from vibe_tui.widgets.diff_view import DiffView

DIFF = "@@ -1 +1,2 @@\n import\n+added"


class ChatApp(App[None]):
    def __init__(self) -> None:
        super().__init__()
        self.now = 100.0
        self.chat = ChatPanel(clock=lambda: self.now)
        self.heard: list[Message] = []

    def compose(self) -> ComposeResult:
        yield self.chat

    @on(ChatMessage)
    def hear(self, message: Message) -> None:
        self.heard.append(message)


@asynccontextmanager
async def running(size: tuple[int, int] = (60, 30)) -> AsyncIterator[tuple[ChatApp, Pilot[None]]]:
    app = ChatApp()
    async with app.run_test(size=size) as pilot:
        app.chat.focus()
        await pilot.pause()
        yield app, pilot


def shown(widget: Widget) -> str:
    """The texts in a widget that are displayed."""
    return "\n".join(
        str(text.content) for text in widget.query(Static) if text.display and text.region.height
    )


def composer(app: ChatApp) -> Composer:
    return app.query_one(Composer)


async def test_an_empty_chat_offers_examples_that_fill_the_prompt() -> None:
    async with running() as (app, pilot):
        assert [str(example.content) for example in app.query(Example)] == list(EXAMPLES)
        app.query(Example).last().focus()
        await pilot.press("enter")
        assert composer(app).text == EXAMPLES[3]
        assert composer(app).has_focus
        await pilot.click(app.query(Example).first())
        assert composer(app).text == EXAMPLES[0]
        assert app.heard == []
        await pilot.press("enter")
        assert app.heard == [ChatPanel.PromptSent(EXAMPLES[0])]
        app.chat.add_prompt(EXAMPLES[0])
        await pilot.pause()
        assert len(app.query(Example)) == 0


async def test_enter_sends_and_ctrl_j_starts_a_new_line() -> None:
    async with running() as (app, pilot):
        await pilot.press("a", "ctrl+j", "b", "alt+enter", "c", "enter")
        assert app.heard == [ChatPanel.PromptSent("a\nb\nc")]
        assert composer(app).text == ""
        await pilot.press("space", "enter")
        assert len(app.heard) == 1, "nothing was asked"


async def test_a_paste_keeps_its_lines_and_loses_its_control_characters() -> None:
    async with running() as (app, pilot):
        composer(app).post_message(events.Paste("one\r\ntwo\x1b]52;c;AAAA\x07\u202e"))
        await pilot.pause()
        assert composer(app).text == "one\ntwo"
        await pilot.press("x")
        assert composer(app).text == "one\ntwox"


async def test_up_and_down_go_through_earlier_prompts_and_keep_the_draft() -> None:
    async with running() as (app, pilot):
        for text in ("first", "second\nof two lines", "second\nof two lines"):
            app.chat.add_prompt(text)
        await pilot.press("d", "up")
        assert composer(app).text == "second\nof two lines"
        await pilot.press("up")
        assert composer(app).text == "second\nof two lines", "up goes to its first line"
        await pilot.press("up")
        assert composer(app).text == "first"
        await pilot.press("up", "down", "down", "down")
        assert composer(app).text == "d"
        await pilot.press("down")
        assert composer(app).text == "d"


async def test_esc_stops_once() -> None:
    async with running() as (app, pilot):
        app.chat.busy(True)
        await pilot.press("escape", "escape")
        assert app.heard == [ChatPanel.StopRequested()]
        assert "Stopping." in shown(app.chat)
        app.chat.ended("stopped")
        await pilot.press("escape", "a", "enter")
        assert app.heard[1:] == [ChatPanel.PromptSent("a")]
        app.chat.busy(True)
        await pilot.pause()
        await pilot.click("#stop")
        assert app.heard[2:] == [ChatPanel.StopRequested()]


async def test_a_plan_is_rejected_by_a_careless_enter_but_not_within_the_grace() -> None:
    async with running() as (app, pilot):
        plan = app.chat.add_plan("Add a table", ["convex/schema.ts: messages"], ["body is assumed"])
        await pilot.pause()
        await pilot.pause()  # once the card has its buttons, it takes the focus
        card = app.query_one(PlanCard)
        assert app.focused is not None and app.focused.id == "cancel"
        app.now += 0.49
        await pilot.press("enter")
        assert app.heard == [] and card.asking
        app.now += 0.02
        while app.query_one("#cancel").has_class("-active"):  # a button takes one press at a time
            await pilot.pause(0.02)
        await pilot.press("enter")
        assert app.heard == [ChatPanel.PlanAnswered(plan, False)]
        assert "Cancelled" in shown(card)
        assert not card.query_one("#apply", Button).region


async def test_a_plan_is_applied_by_key_or_mouse() -> None:
    async with running() as (app, pilot):
        first = app.chat.add_plan("One", ["a step"])
        await pilot.pause()
        app.now += 1
        await pilot.press("right", "enter")
        second = app.chat.add_plan("Two", ["a step"])
        await pilot.pause()
        app.now += 1
        await pilot.click(app.query(PlanCard).last().query_one("#apply"))
        assert app.heard == [ChatPanel.PlanAnswered(first, True), ChatPanel.PlanAnswered(second, True)]
        assert "Applied" in shown(app.query(PlanCard).last())


async def test_a_plan_does_not_take_the_focus_from_somebody_who_writes() -> None:
    async with running() as (app, pilot):
        await pilot.press("a")
        app.chat.add_plan("One", ["a step"])
        await pilot.pause()
        assert composer(app).has_focus


async def test_a_plan_asks_only_when_it_is_told_to_and_ending_withdraws_it() -> None:
    async with running() as (app, pilot):
        plan = app.chat.add_plan("Nothing to change", [], ask=False)
        await pilot.pause()
        card = app.query_one(PlanCard)
        assert not card.query_one("#apply", Button).region
        app.chat.ask_about(plan)
        await pilot.pause()
        assert card.query_one("#apply", Button).region
        app.chat.ended("stopped")
        await pilot.pause()
        assert not card.asking
        assert "Not answered" in shown(card)
        assert app.heard == []


async def test_a_file_card_opens_its_diff_and_the_file() -> None:
    async with running() as (app, pilot):
        app.chat.add_file("convex/a\u202e.ts", 8, 1, DIFF, True)
        await pilot.pause()
        card = app.query_one(FileCard)
        assert shown(card) == "✓ convex/a<U+202E>.ts  +8 \N{MINUS SIGN}1  new ▸"
        line = card.query("Line").first()
        line.focus()
        await pilot.press("enter")
        assert card.query_one(DiffView).display
        assert "▾" in shown(card)
        await pilot.press("o")
        await pilot.click(card.query("Line").last())
        assert app.heard == [ChatPanel.FileOpened("convex/a\u202e.ts")] * 2
        await pilot.click(line)
        assert not card.query_one(DiffView).display
        await pilot.press("enter")
        assert card.query_one(DiffView).display and len(card.query(DiffView)) == 1


async def test_deploying_becomes_deployed_or_a_place_in_the_code() -> None:
    async with running() as (app, pilot):
        app.chat.deploying()
        await pilot.pause()
        assert shown(app.query_one(Transcript)) == "  deploying…"
        app.chat.deployed(1.93)
        app.chat.deploying()
        app.chat.deploy_failed("Cannot find \x1b[2Jname.", "convex/schema.ts", 4)
        app.chat.deploy_failed("No such file.", "convex/b.ts")
        app.chat.deploy_failed("Convex does not answer.")
        await pilot.pause()
        assert shown(app.query_one(Transcript)).split("\n") == [
            "✓ deployed 1.9 s",
            "✗ convex/schema.ts:4: Cannot find name.",
            "✗ convex/b.ts: No such file.",
            "✗ Convex does not answer.",
        ]
        good, bad, whole, nowhere = app.query(DeployLine)
        assert [line.focusable for line in (good, bad, whole, nowhere)] == [False, True, True, False]
        bad.focus()
        await pilot.press("enter")
        await pilot.click(whole)
        await pilot.click(good)
        assert app.heard == [
            ChatPanel.ProblemChosen("convex/schema.ts", 4),
            ChatPanel.ProblemChosen("convex/b.ts", 0),
        ]


async def test_an_offer_is_taken_once() -> None:
    async with running() as (app, pilot):
        app.chat.offer("The dev server is stopped.", "Start [Dev] Server", "toggle_dev_server")
        await pilot.pause()
        button = app.query_one("Offer Button", Button)
        assert str(button.label) == "Start [Dev] Server"
        await pilot.click(button)
        assert app.heard == [ChatPanel.OfferTaken("toggle_dev_server")]
        assert not button.region


async def test_a_refusal_lists_what_can_be_asked() -> None:
    async with running() as (app, pilot):
        app.chat.add_refusal(
            "That is not understood.", "Ask for one of these.", ["Add a table", "Add a field"]
        )
        app.chat.ended("refused")
        await pilot.pause()
        assert shown(app.query_one(Transcript)) == (
            "That is not understood.\nAsk for one of these.\n• Add a table\n• Add a field"
        )


async def test_hostile_text_stays_text() -> None:
    async with running() as (app, pilot):
        hostile = "[@click=app.quit]x[/] [/nope] \x1b]52;c;AAAA\x07\x9b2J\u202e\nsecond \x00line"
        app.chat.add_prompt(hostile)
        app.chat.add_text(hostile)
        app.chat.add_plan(hostile, [hostile], [hostile])
        app.chat.add_file(hostile, 1, 0, f"@@ -1 +1 @@\n+{hostile}", False)
        app.chat.deploy_failed(hostile, hostile, 3)
        app.chat.offer(hostile, hostile, "x")
        app.chat.add_refusal(hostile, hostile, [hostile])
        await pilot.pause()
        app.query(FileCard).first().query("Line").first().focus()
        await pilot.press("enter")
        await pilot.pause()
        for widget in app.query("*"):
            for y in range(widget.size.height):
                text = widget.render_line(y).text
                assert not set(text) & set("\x00\x1b\x07\x9b\u202e"), widget
        assert "[@click=app.quit]x[/] [/nope] \nsecond line" in shown(app.query_one(Transcript))


async def test_stays_at_the_end_unless_scrolled_up() -> None:
    async with running(size=(60, 15)) as (app, pilot):
        transcript = app.query_one(Transcript)
        for n in range(30):
            app.chat.add_text(f"text {n}")
        await pilot.pause()
        assert transcript.scroll_offset.y == transcript.max_scroll_y > 0
        transcript.focus()
        await pilot.press("home")
        app.chat.add_text("one more")
        await pilot.pause()
        assert transcript.scroll_offset.y == 0
        await pilot.press("end")
        app.chat.add_text("and more")
        await pilot.pause()
        assert transcript.scroll_offset.y == transcript.max_scroll_y


async def test_a_prompt_brings_one_back_to_the_end() -> None:
    async with running(size=(60, 15)) as (app, pilot):
        transcript = app.query_one(Transcript)
        for n in range(30):
            app.chat.add_text(f"text {n}")
        await pilot.pause()
        transcript.focus()
        await pilot.press("home")
        app.chat.focus()
        await pilot.press("a", "enter")
        app.chat.add_prompt("a")
        await pilot.pause()
        assert transcript.scroll_offset.y == transcript.max_scroll_y


async def test_a_long_chat_takes_its_oldest_entries_away_and_brings_them_back() -> None:
    count = KEPT + 2 * SLACK
    async with running() as (app, pilot):
        for n in range(count):
            app.chat.add_text(f"text {n}")
        await pilot.pause()
        assert KEPT <= len(app.query(Said)) <= KEPT + SLACK
        assert str(app.query(Said).last().content) == f"text {count - 1}"
        while app.query(OlderLine):
            app.query_one(OlderLine).focus()
            await pilot.press("enter")
            await pilot.pause()
        assert [str(said.content) for said in app.query(Said)] == [f"text {n}" for n in range(count)]
        assert app.heard == []


async def test_what_is_brought_back_does_not_move_what_is_read() -> None:
    async with running(size=(60, 15)) as (app, pilot):
        with app.chat.earlier(more=True):
            for n in range(40):
                app.chat.add_text(f"text {n}")
        await pilot.pause()
        transcript = app.query_one(Transcript)
        assert transcript.scroll_offset.y == transcript.max_scroll_y > 0
        transcript.focus()
        await pilot.press("home")
        await pilot.press("tab", "enter")
        assert app.heard == [ChatPanel.OlderWanted()]
        before = next(said for said in app.query(Said) if said.region.y >= transcript.region.y)
        place = before.region.y
        with app.chat.earlier(more=False):
            for n in range(30):
                app.chat.add_text(f"older {n}")
        await pilot.pause()
        await pilot.pause()
        assert before.region.y in (place, place - 2), "the line above went"
        assert not app.query(OlderLine)
        assert str(app.query(Said).first().content) == "older 0"


async def test_usable_at_80_by_24_with_a_plan() -> None:
    async with running(size=(80, 24)) as (app, pilot):
        app.chat.add_prompt("Add a messages database table")
        app.chat.busy(True)
        app.chat.add_plan("Add the table", [f"step {n}" for n in range(5)], ["a note"])
        await pilot.pause()
        for name in ("#cancel", "#apply", "#stop"):
            assert app.screen.region.contains_region(app.query_one(name).region)
        assert composer(app).region.bottom <= 24
