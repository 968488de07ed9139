"""What fails after a turn goes back to the model, a few times."""

from __future__ import annotations

from pathlib import Path

from tests.model_server import Call, ModelServer, says
from tests.services.assistant.model_project import PUSHED, ModelProject, failing, is_whole
from vibe_tui.services.assistant.events import (
    Deployed,
    DeployFailed,
    Deploying,
    Repairing,
    TurnEnded,
    TurnFailed,
)
from vibe_tui.services.model import Push


def writes(text: str) -> object:
    return says(calls=[Call("write_file", path="convex/messages.ts", content=f"{text}\n")])


async def test_a_repair_that_converges(tmp_path: Path) -> None:
    script = [writes("one"), says("Done."), writes("two"), says("Repaired.")]
    with ModelServer(*script) as server:
        project = ModelProject(tmp_path, server, pushes=[failing("TS2345: Not a string."), PUSHED])
        assert (await project.ask()).outcome == "done"
        told = server.requests[2].messages[-1]
    assert told["role"] == "user"
    assert '"file": "convex/messages.ts", "line": 3, "column": 5' in told["content"]
    assert "TS2345: Not a string." in told["content"]
    kinds = (Deploying, DeployFailed, Repairing, Deployed, TurnEnded)
    assert [type(it) for it in project.events if isinstance(it, kinds)] == [
        Deploying, DeployFailed, Repairing, Deploying, Deployed, TurnEnded,
    ]  # fmt: skip
    assert project.seen(Repairing) == [Repairing(1, 3)]
    assert project.pushed == 2


async def test_a_repair_that_does_not_converge_is_handed_over_after_three_rounds(tmp_path: Path) -> None:
    script = [turn for n in range(9) for turn in (writes(str(n)), says("Done."))]
    pushes = [failing(f"TS{n}: Wrong.") for n in (1111, 2222, 3333, 4444, 5555)]
    with ModelServer(*script) as server:
        project = ModelProject(tmp_path, server, pushes=[*pushes])
        assert await project.ask() == TurnEnded("failed", ("convex/messages.ts",))
    assert [it.round for it in project.seen(Repairing)] == [1, 2, 3]
    assert [it.push for it in project.seen(DeployFailed)] == pushes[:4]
    assert project.pushed == 4


async def test_a_repair_that_repeats_the_error_is_handed_over_at_once(tmp_path: Path) -> None:
    script = [turn for n in range(9) for turn in (writes(str(n)), says("Done."))]
    same = [failing("TS2345: Not a string."), failing("TS2345: Not a string.", line=9)]
    with ModelServer(*script) as server:
        project = ModelProject(tmp_path, server, pushes=[*same])
        assert (await project.ask()).outcome == "failed"
        assert project.pushed == 2
        assert project.seen(DeployFailed)[-1].push == same[1]
        server.script[:] = [says("It was my fault.")]
        await project.ask("What is wrong?")
    asked = server.requests[-1].messages
    assert "last_deployment_failed" in asked[0]["content"]
    assert is_whole(asked)


async def test_what_is_not_the_codes_fault_does_not_go_to_the_model(tmp_path: Path) -> None:
    gone = Push("unreachable", 0.1, "The Convex deployment does not answer.")
    with ModelServer(writes("one"), says("Done.")) as server:
        project = ModelProject(tmp_path, server, pushes=[gone])
        assert (await project.ask()).outcome == "failed"
    assert project.seen(DeployFailed) == [DeployFailed(gone)]
    assert project.seen(Repairing) == []
    assert project.seen(TurnFailed) == []


async def test_a_model_may_check_earlier_and_is_not_checked_twice(tmp_path: Path) -> None:
    script = [
        writes("one"), says(calls=[Call("check_and_deploy")]),
        writes("two"), says(calls=[Call("check_and_deploy")]), says("Done."),
    ]  # fmt: skip
    with ModelServer(*script) as server:
        project = ModelProject(tmp_path, server, pushes=[failing("TS2345: Not a string."), PUSHED])
        assert (await project.ask()).outcome == "done"
        first, second = project.results()[1], project.results()[3]
    assert first["ok"] is False
    assert first["data"]["problems"][0]["line"] == 3
    assert second["ok"] is True
    assert project.pushed == 2
    assert project.seen(Repairing) == []
