"""What a model brings to the chat: streams, tools, waiting, queued prompts, commands, mentions."""

from __future__ import annotations

import time

from textual import events
from textual.pilot import Pilot
from textual.widget import Widget
from textual.widgets import Static

from tests.widgets.test_chat import DIFF, ChatApp, composer, running, shown
from vibe_tui.widgets.chat import ChatPanel
from vibe_tui.widgets.chat.completions import Completions, Suggestion
from vibe_tui.widgets.chat.entries import Said
from vibe_tui.widgets.chat.file_card import FileCard
from vibe_tui.widgets.chat.foot import ChatFoot
from vibe_tui.widgets.chat.markdown import MarkdownView
from vibe_tui.widgets.chat.messages import FilesWanted, Image, ImagePasted, PromptSent
from vibe_tui.widgets.chat.reasoning import Reasoning
from vibe_tui.widgets.chat.tool_line import ToolLine
from vibe_tui.widgets.chat.transcript import Transcript
from vibe_tui.widgets.chat.tray import TrayLine

COMMANDS = [Suggestion("/help", "Help", at_once=True), Suggestion("/image", "Attach an image")]


def entries(app: ChatApp) -> list[type[Widget]]:
    return [type(child) for child in app.query_one(Transcript).children]


async def until(pilot: Pilot[None], app: ChatApp, text: str) -> None:
    end = time.monotonic() + 5
    while text not in screen_text(app):
        assert time.monotonic() < end, screen_text(app)
        await pilot.pause(0.02)


def screen_text(app: ChatApp) -> str:
    strips = app.screen._compositor.render_strips()
    return "\n".join("".join(segment.text for segment in strip) for strip in strips)


async def test_an_answer_streams_between_thoughts_and_tools_and_is_told_once() -> None:
    async with running() as (app, pilot):
        app.chat.add_prompt("Do it")
        app.chat.stream_reasoning("Let me think. ")
        app.chat.stream("I **lo")
        app.chat.stream("ok**.")
        app.chat.tool_started("1.0", "Reading")
        assert app.chat.stream_ended("I **look**.")
        app.chat.tool_started("1.0", "Reading a.ts")
        app.chat.tool_ended("1.0", True, "Read a.ts")
        app.chat.stream("Done.")
        assert app.chat.stream_ended("Done.")
        assert not app.chat.stream_ended("Nothing was streamed.")
        await until(pilot, app, "Done.")
        assert entries(app) == [Said, Reasoning, MarkdownView, ToolLine, MarkdownView]
        assert screen_text(app).count("I look.") == 1
        assert "✓ Read a.ts" in screen_text(app)
        assert app.chat.last_answer == "Done."


async def test_thoughts_are_folded_and_open() -> None:
    async with running() as (app, pilot):
        app.chat.stream_reasoning("a \x1b[2Jthought")
        await until(pilot, app, "Thinking…  9 characters ▸")
        assert "a thought" not in screen_text(app)
        app.query_one(Reasoning).query_one("_Fold").focus()
        await pilot.press("enter")
        await until(pilot, app, "a thought")
        app.chat.stream_reasoning(" more")
        await until(pilot, app, "a thought more")
        app.chat.end_streams()
        await pilot.press("enter")
        await until(pilot, app, "Thought  14 characters ▸")
        assert "a thought" not in screen_text(app)


async def test_an_answer_of_blanks_leaves_nothing() -> None:
    async with running() as (app, pilot):
        app.chat.stream("\n\n")
        app.chat.end_streams()
        await pilot.pause()
        assert entries(app) == []


async def test_a_card_takes_the_place_of_the_call_that_wrote_the_file() -> None:
    async with running() as (app, pilot):
        app.chat.tool_started("1.0", "Writing a.ts")
        app.chat.tool_started("1.1", "Installing")
        app.chat.add_file("a.ts", 2, 0, DIFF, True)
        app.chat.tool_ended("1.0", True, "Wrote a.ts")
        app.chat.tool_ended("1.1", False, "The user declined this.")
        app.chat.tool_started("1.2", "Deleting b.ts")
        app.chat.add_deleted("b.ts", 3, "@@ -1,3 +0,0 @@\n-a\n-b\n-c")
        app.chat.tool_ended("1.2", True, "Deleted b.ts")
        await pilot.pause()
        assert entries(app) == [FileCard, ToolLine, FileCard]
        assert shown(app.query_one(Transcript)).split("\n") == [
            "✓ a.ts  +2 \N{MINUS SIGN}0  new ▸",
            "✗ The user declined this.",
            "✓ b.ts  \N{MINUS SIGN}3  deleted ▸",
        ]
        app.query(FileCard).last().query_one("Line").focus()
        await pilot.press("enter", "o")
        assert app.heard == [], "there is nothing to open"


async def test_what_was_open_when_the_turn_was_stopped_says_so() -> None:
    async with running() as (app, pilot):
        app.chat.tool_started("1.0", "Searching")
        app.chat.ended("stopped")
        await pilot.pause()
        assert "✗ Searching: stopped" in shown(app.query_one(Transcript))


async def test_a_stream_does_not_move_somebody_who_scrolled_up() -> None:
    async with running(size=(60, 15)) as (app, pilot):
        transcript = app.query_one(Transcript)
        for n in range(30):
            app.chat.add_text(f"text {n}")
        app.chat.stream("begin\n\n")
        await until(pilot, app, "begin")
        transcript.focus()
        await pilot.press("home")
        app.chat.stream("line\n\n" * 40)
        answer = app.query_one(MarkdownView)
        before = answer.virtual_size.height
        end = time.monotonic() + 5
        while answer.virtual_size.height == before:
            assert time.monotonic() < end
            await pilot.pause(0.02)
        assert transcript.scroll_offset.y == 0
        await pilot.press("end")
        app.chat.stream("the end")
        await until(pilot, app, "the end")


async def test_waiting_is_counted_down_until_something_comes() -> None:
    async with running() as (app, pilot):
        app.chat.busy(True)
        app.chat.waiting(4.2, "Too many requests.")
        await until(pilot, app, "Too many requests. Asking again in 5 s.")
        app.now += 3
        await until(pilot, app, "Asking again in 2 s.")
        app.chat.go_on()
        await until(pilot, app, "Working. Esc stops it.")
        app.chat.waiting(9, "Again.")
        await pilot.press("escape")
        await until(pilot, app, "Stopping.")
        app.chat.busy(False)
        assert app.heard == [ChatPanel.StopRequested()]


async def test_queued_prompts_are_changed_and_removed() -> None:
    picture = Image("a.png", 2048, "data:x")
    async with running() as (app, pilot):
        app.chat.busy(True)
        for text in ("first", "second\nline", "third"):
            app.chat.queue(PromptSent(text, (picture,) if text == "first" else ()))
        await until(pilot, app, "queued second line")
        second = app.query(TrayLine)[1]
        second.focus()
        await pilot.press("delete")
        assert [one.text for one in app.chat.queued] == ["first", "third"]
        app.query(TrayLine).first().focus()
        await pilot.press("enter")
        assert composer(app).text == "first" and composer(app).has_focus
        await until(pilot, app, "image a.png  2 kB")
        assert app.chat.take_queued() == PromptSent("third")
        assert app.chat.take_queued() is None
        await pilot.press("enter")
        assert app.heard == [PromptSent("first", (picture,))]
        await pilot.pause()
        assert not app.query(TrayLine)


async def test_commands_are_completed_and_unknown_ones_are_not_sent() -> None:
    async with running() as (app, pilot):
        app.chat.know_commands(COMMANDS)
        await pilot.press("slash")
        await until(pilot, app, "/image  Attach an image")
        await pilot.press("down", "tab")
        assert composer(app).text == "/image "
        await pilot.press("a", "enter")
        assert app.heard.pop() == ChatPanel.CommandSent("image", "a")
        await pilot.press("slash", "h", "enter")
        assert app.heard.pop() == ChatPanel.CommandSent("help", "")
        assert composer(app).text == ""
        composer(app).fill("/nope")
        await pilot.press("enter")
        assert app.heard == [] and composer(app).text == "/nope"
        composer(app).fill("/app/index.tsx is wrong")
        await pilot.press("enter")
        assert app.heard == [PromptSent("/app/index.tsx is wrong")]


async def test_esc_closes_the_completions_before_it_stops_anything() -> None:
    async with running() as (app, pilot):
        app.chat.know_commands(COMMANDS)
        app.chat.busy(True)
        await pilot.press("slash")
        await until(pilot, app, "/help")
        await pilot.press("escape")
        assert not app.query_one(Completions).is_open and app.heard == []
        await pilot.press("escape")
        assert app.heard == [ChatPanel.StopRequested()]


async def test_a_mention_is_completed_with_the_files_that_answer_it() -> None:
    async with running() as (app, pilot):
        await pilot.press("m", "i", "x", "at", "y", "space", "at", "s")
        assert app.heard == [FilesWanted(""), FilesWanted("s")], "an address is no mention"
        app.chat.offer_files("old", ["nowhere.ts"])
        app.chat.offer_files("s", ["convex/schema.ts", "my file.ts"])
        await until(pilot, app, "my file.ts")
        assert "nowhere" not in screen_text(app)
        await pilot.press("down", "enter")
        assert composer(app).text == 'mix@y @"my file.ts" '
        assert not app.query_one(Completions).is_open
        await pilot.press("enter")
        assert app.heard[-1] == PromptSent('mix@y @"my file.ts"')


async def test_a_pasted_path_is_told_and_can_be_taken_out() -> None:
    async with running() as (app, pilot):
        await pilot.press("a")
        composer(app).post_message(events.Paste("/tmp/shot.png"))
        await pilot.pause()
        assert app.heard == [ImagePasted("/tmp/shot.png")]
        app.chat.attach_image(Image("shot.png", 4096, "data:x"))
        app.chat.take_out("/tmp/shot.png")
        await pilot.pause()
        assert composer(app).text == "a"


async def test_the_foot_tells_the_model_and_what_it_takes() -> None:
    async with running(size=(70, 20)) as (app, pilot):
        await pilot.pause()
        assert not app.query(ChatFoot)
        app.chat.show_model("gpt \x1b[2J5 (openai)")
        app.chat.show_used(12_345, 678, None)
        await until(pilot, app, "12.3k in, 678 out, cost unknown")
        app.chat.show_used(None, None, None)
        await until(pilot, app, "tokens unknown, cost unknown")
        app.chat.show_used(1, 2, 0.01234)
        app.chat.show_reviews(True)
        await until(pilot, app, "1 in, 2 out, $0.0123  review on")
        app.chat.show_model("")
        app.chat.show_reviews(False)
        await pilot.pause()
        assert not app.query_one(ChatFoot).region


async def test_earlier_messages_come_before_and_new_ones_after() -> None:
    async with running() as (app, pilot):
        app.chat.add_prompt("now")
        with app.chat.earlier(more=False):
            app.chat.add_prompt("then")
            app.chat.add_answer("an **answer**")
            app.chat.tool_ended("1.0", True, "Read a.ts")
            app.chat.add_file("a.ts", 1, 0, DIFF, True)
            app.chat.tool_ended("1.1", True, "Wrote a.ts")
            app.chat.ended("stopped")
        app.chat.tool_started("1.0", "Reading")
        await pilot.pause()
        assert entries(app) == [Said, MarkdownView, ToolLine, FileCard, Said, Said, ToolLine]
        await pilot.press("up")
        assert composer(app).text == "now"
        app.chat.remember_earlier(["long ago"])
        await pilot.press("up")
        assert composer(app).text == "long ago"
        app.chat.clear()
        await pilot.pause()
        assert "For example:" in shown(app.query_one(Transcript))
        assert len(app.query(Static).filter("Said")) == 0
