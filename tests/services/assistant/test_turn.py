from __future__ import annotations

import asyncio
import threading
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from vibe_tui.services.assistant.answerer import Edit, Files, Plan, Refusal
from vibe_tui.services.assistant.events import (
    Deployed,
    DeployFailed,
    Deploying,
    DeployOffered,
    FileWritten,
    TurnEnded,
    TurnEvent,
    TurnFailed,
    TurnPlan,
    TurnStarted,
    TurnText,
)
from vibe_tui.services.assistant.recipes import BuiltInRecipes
from vibe_tui.services.assistant.turn import run_turn
from vibe_tui.services.errors import VibeError
from vibe_tui.services.model import Problem, Push
from vibe_tui.services.secret import Secret
from vibe_tui.services.working_tree import WorkingTree

EMPTY = 'import { defineSchema } from "convex/server";\n\nexport default defineSchema({});\n'
PROMPT = "Add a messages database table"
PUSHED = Push("deployed", 1.5, exit_code=0)
REJECTED = Push("failed", 1.0, "Type error.", (Problem("no", "convex/a.ts", 3),), exit_code=1)


@pytest.fixture
def tree(tmp_path: Path) -> WorkingTree:
    files = WorkingTree(tmp_path)
    files.write("convex/schema.ts", EMPTY)
    return files


class Says:
    """An answerer that plans the given new texts, from what the files are now."""

    name = "Test"

    def __init__(self, **texts: str) -> None:
        self.texts = {path.replace("__", "/"): text for path, text in texts.items()}
        self.asked = 0

    async def answer(self, prompt: str, files: Files) -> Plan | Refusal:
        self.asked += 1
        before = {path: files.read_text(path) if files.exists(path) else None for path in self.texts}
        return Plan("Edit", (), tuple(Edit(path, before[path], text) for path, text in self.texts.items()))


async def yes(plan: Plan) -> bool:
    return True


async def deploys() -> Push:
    return PUSHED


async def turn(
    files: Files,
    answerer: BuiltInRecipes | Says | None = None,
    *,
    prompt: str = PROMPT,
    approve: Callable[[Plan], Awaitable[bool]] = yes,
    deploy: Callable[[], Awaitable[Push]] | None = deploys,
) -> list[TurnEvent]:
    events = run_turn(
        prompt, answerer=answerer or BuiltInRecipes(), files=files, approve=approve, deploy=deploy
    )
    return [event async for event in events]


def kinds(events: list[TurnEvent]) -> list[type]:
    return [type(event) for event in events]


async def test_a_turn_from_prompt_to_deployment(tree: WorkingTree) -> None:
    events = await turn(tree)
    assert kinds(events) == [TurnStarted, TurnPlan, FileWritten, Deploying, Deployed, TurnEnded]
    assert events[0] == TurnStarted(PROMPT, "Built-in recipes (no AI key)")
    written = events[2]
    assert isinstance(written, FileWritten)
    assert (written.path, written.created) == ("convex/schema.ts", False)
    assert (written.added, written.removed) == (9, 2)
    assert written.diff.startswith("@@ -1,3 +1,10 @@\n-import { defineSchema }")
    assert events[4:] == [Deployed(PUSHED), TurnEnded("done", ("convex/schema.ts",))]
    assert "messages: defineTable" in tree.read_text("convex/schema.ts")


async def test_nothing_is_written_before_the_approval(tree: WorkingTree) -> None:
    async def no(plan: Plan) -> bool:
        assert tree.read_text("convex/schema.ts") == EMPTY
        assert plan.edits[0].path == "convex/schema.ts"
        return False

    events = await turn(tree, approve=no)
    assert kinds(events) == [TurnStarted, TurnPlan, TurnEnded]
    assert events[-1] == TurnEnded("cancelled", ())
    assert tree.read_text("convex/schema.ts") == EMPTY


async def test_a_refusal(tree: WorkingTree) -> None:
    events = await turn(tree, prompt="Make me rich")
    assert kinds(events) == [TurnStarted, TurnText, TurnFailed, TurnEnded]
    assert events[-1] == TurnEnded("refused", ())


async def test_a_failed_deployment_fails_the_turn_and_keeps_the_files(tree: WorkingTree) -> None:
    async def deploy() -> Push:
        return REJECTED

    events = await turn(tree, deploy=deploy)
    assert events[-2:] == [DeployFailed(REJECTED), TurnEnded("failed", ("convex/schema.ts",))]
    assert "messages" in tree.read_text("convex/schema.ts")


async def test_a_deployment_that_raises_is_told(tree: WorkingTree) -> None:
    async def deploy() -> Push:
        raise VibeError("No Node.", next_step="Install it.")

    events = await turn(tree, deploy=deploy)
    assert events[-2:] == [TurnFailed("No Node.", "Install it."), TurnEnded("failed", ("convex/schema.ts",))]


async def test_without_a_deployment_it_is_offered(tree: WorkingTree) -> None:
    events = await turn(tree, deploy=None)
    assert events[-2:] == [
        DeployOffered("No Convex backend is connected."),
        TurnEnded("done", ("convex/schema.ts",)),
    ]


async def test_nothing_to_change_asks_nobody_and_still_ends_deployed(tree: WorkingTree) -> None:
    async def never(plan: Plan) -> bool:
        raise AssertionError("there is nothing to approve")

    await turn(tree, deploy=None)
    events = await turn(tree, approve=never)
    assert kinds(events) == [TurnStarted, TurnPlan, Deploying, Deployed, TurnEnded]
    assert events[-1] == TurnEnded("done", ())
    assert kinds(await turn(tree, deploy=None)) == [TurnStarted, TurnPlan, TurnEnded]


async def test_files_that_convex_does_not_read_are_not_deployed(tree: WorkingTree) -> None:
    events = await turn(tree, Says(app__index="x\n"))
    assert kinds(events) == [TurnStarted, TurnPlan, FileWritten, TurnEnded]
    assert events[2] == FileWritten("app/index", 1, 0, "@@ -0,0 +1 @@\n+x", True)


async def test_a_file_that_changed_meanwhile_is_planned_again(tree: WorkingTree) -> None:
    approvals: list[Plan] = []

    async def approve(plan: Plan) -> bool:
        approvals.append(plan)
        if len(approvals) == 1:
            tree.write("convex/schema.ts", EMPTY.replace("{}", "{ a: b }"))
        return True

    events = await turn(tree, approve=approve)
    assert kinds(events) == [TurnStarted, TurnPlan, TurnPlan, FileWritten, Deploying, Deployed, TurnEnded]
    text = tree.read_text("convex/schema.ts")
    assert "  a: b,\n" in text
    assert "messages: defineTable" in text


async def test_a_file_that_keeps_changing_is_refused(tree: WorkingTree) -> None:
    async def approve(plan: Plan) -> bool:
        tree.write("convex/schema.ts", tree.read_text("convex/schema.ts") + "// typed by somebody\n")
        return True

    events = await turn(tree, approve=approve)
    assert kinds(events) == [TurnStarted, TurnPlan, TurnPlan, TurnFailed, TurnEnded]
    assert events[-1] == TurnEnded("refused", ())
    assert tree.read_text("convex/schema.ts") == EMPTY + "// typed by somebody\n" * 2


async def test_a_file_that_appeared_meanwhile_is_not_overwritten(tree: WorkingTree) -> None:
    answerer = Says(convex__new="mine\n")
    seen: list[Plan] = []

    async def approve(plan: Plan) -> bool:
        seen.append(plan)
        tree.write("convex/new", f"theirs {len(seen)}\n")
        return True

    events = await turn(tree, answerer, approve=approve)
    assert answerer.asked == 2
    assert [plan.edits[0].before for plan in seen] == [None, "theirs 1\n"]
    assert events[-1] == TurnEnded("refused", ())
    assert tree.read_text("convex/new") == "theirs 2\n"


async def test_a_write_that_fails_tells_what_was_written(tree: WorkingTree) -> None:
    (tree.folder / "b").symlink_to(tree.folder / "convex")
    events = await turn(tree, Says(a="1\n", b="2\n"))
    assert events[-1] == TurnEnded("failed", ())
    assert not tree.exists("a"), "what cannot be checked is found before the first write"


async def test_the_diff_is_cleaned_and_redacted(tree: WorkingTree) -> None:
    secret = Secret("not-a-real-value-" + "x" * 20)
    tree.write("app/a", f"one\r\n\x1b[31mtwo {secret.reveal()}\r\n")
    events = await turn(tree, Says(app__a=f"one\r\ntwo\x1b]0;t\x07 {secret.reveal()}\r\nthree\r\n"))
    written = events[2]
    assert isinstance(written, FileWritten)
    assert written.diff == "@@ -1,2 +1,3 @@\n one\n-two ***\n+two ***\n+three"
    assert (written.added, written.removed) == (2, 1)


class SlowTree(WorkingTree):
    """A disk that waits in the middle of a write until it is told to go on."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.writing, self.go_on = threading.Event(), threading.Event()

    def write(self, path: str, text: str, protected: bool = False, *, mode: int | None = None) -> None:
        self.writing.set()
        assert self.go_on.wait(20)
        super().write(path, text, protected, mode=mode)


async def test_a_cancelled_turn_ends_after_its_write_and_writes_no_more(tmp_path: Path) -> None:
    tree = SlowTree(tmp_path)
    running = asyncio.create_task(turn(tree, Says(a="1\n", b="2\n")))
    assert await asyncio.to_thread(tree.writing.wait, 20)
    running.cancel()
    await asyncio.sleep(0)
    assert not running.done(), "a write is under way"
    tree.go_on.set()
    with pytest.raises(asyncio.CancelledError):
        await running
    assert tree.read_text("a") == "1\n"
    assert not tree.exists("b")


async def test_a_turn_that_is_closed_early_leaves_whole_files(tree: WorkingTree) -> None:
    events = run_turn(PROMPT, answerer=Says(a="1\n", b="2\n"), files=tree, approve=yes, deploy=deploys)
    async for event in events:
        if isinstance(event, FileWritten):
            break
    await events.aclose()
    assert tree.read_text("a") == "1\n"
    assert not tree.exists("b")


async def test_cancelling_during_the_deployment_reaches_it(tree: WorkingTree) -> None:
    reached, ended = asyncio.Event(), asyncio.Event()

    async def deploy() -> Push:
        reached.set()
        try:
            await asyncio.Event().wait()
        finally:
            ended.set()
        return PUSHED

    running = asyncio.create_task(turn(tree, deploy=deploy))
    await asyncio.wait_for(reached.wait(), 20)
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    assert ended.is_set()
