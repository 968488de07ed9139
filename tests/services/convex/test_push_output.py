"""Judging a push by what the CLI printed and how it ended."""

from pathlib import Path

import pytest

from vibe_tui.services.convex.push_output import PushOutput
from vibe_tui.services.convex.schema_lines import with_schema_lines
from vibe_tui.services.model import Problem, Push
from vibe_tui.services.sandbox.base import Exit
from vibe_tui.services.working_tree import WorkingTree


def judged(text: str, code: int | None = 0, *, timed_out: bool = False, stopped: bool = False):
    output = PushOutput()
    for line in text.splitlines():
        output.take(line)
    return output.judge(Exit(code=code, seconds=120.0, timed_out=timed_out, stopped=stopped or timed_out))


def test_ready_and_exit_0_is_deployed() -> None:
    assert judged("\x1b[32m✔\x1b[39m 21:51:13 Convex functions ready! (593.1ms)") == ("deployed", "", ())


def test_exit_0_alone_is_not_success() -> None:
    result, reason, _ = judged("✖ No analysis found for component messages")
    assert (result, reason) == ("failed", "No analysis found for component messages")


def test_ready_with_another_exit_code_is_not_success() -> None:
    assert judged("Convex functions ready!", code=1)[0] == "failed"


def test_type_errors_name_file_and_line_once_though_tsc_runs_twice() -> None:
    tsc = (
        "\x1b[96mconvex/(chat)/[id].ts\x1b[0m:\x1b[93m5\x1b[0m:\x1b[93m3\x1b[0m - \x1b[91merror\x1b[0m"
        "\x1b[90m TS2345: \x1b[0mArgument of type 'string' is wrong."
    )
    result, reason, problems = judged(f"{tsc}\n✖ TypeScript typecheck via `tsc` failed.\n{tsc}", code=1)
    assert result == "failed"
    assert problems == (
        Problem("TS2345: Argument of type 'string' is wrong.", "convex/(chat)/[id].ts", 5, 3),
    )
    assert reason.startswith("convex/(chat)/[id].ts:5: TS2345")


def test_a_syntax_error_is_placed() -> None:
    text = '✘ [ERROR] Expected ";" but found "x"\n\n    convex/tasks.ts:7:12:\n      7 │ const a x'
    assert judged(text, code=1)[2] == (Problem('Expected ";" but found "x"', "convex/tasks.ts", 7, 12),)


@pytest.mark.parametrize("text", ["✖ TypeError: fetch failed", "connect ECONNREFUSED 127.0.0.1:1"])
def test_no_answer_is_unreachable(text: str) -> None:
    assert judged(text, code=1)[0] == "unreachable"


def test_endless_retries_end_as_unreachable() -> None:
    assert (
        judged("Failed due to network error, retrying in 2.3s...", None, timed_out=True)[0] == "unreachable"
    )


def test_a_refused_key_says_so() -> None:
    text = "✖ Error fetching POST http://x/api/deploy2/start_push 403 Forbidden: BadDeployKey: no"
    result, reason, _ = judged(text, code=0)
    assert result == "failed"
    assert "refused the deploy key" in reason


def test_silence_until_the_limit_is_timed_out() -> None:
    result, reason, _ = judged("- Preparing Convex functions...", None, timed_out=True)
    assert result == "timed out"
    assert "120 s" in reason


def test_a_stopped_push_is_stopped() -> None:
    assert judged("", None, stopped=True)[0] == "stopped"


def test_documents_that_do_not_fit_name_the_table_s_line(tmp_path: Path) -> None:
    said = (
        "✖ Schema validation failed.\n"
        'Document with ID "1notes" in table "notes" does not match the schema: Object is missing the '
        "required field `title`.\n\nObject: {}"
    )
    result, reason, problems = judged(said, code=1)
    assert (result, reason) == ("failed", problems[0].message)
    (tmp_path / "convex").mkdir()
    (tmp_path / "convex/schema.ts").write_text(
        "// notes: a comment\nexport default defineSchema({\n  users: defineTable({ notes: v.string() }),\n"
        '  "notes": defineTable({ title: v.string() }),\n});\n'
    )
    push = Push(result, 1.0, reason, problems)
    placed = with_schema_lines(push, WorkingTree(tmp_path)).problems[0]
    assert (placed.file, placed.line) == ("convex/schema.ts", 4)
    (tmp_path / "convex/schema.ts").unlink()
    assert with_schema_lines(push, WorkingTree(tmp_path)) == push
