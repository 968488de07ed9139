"""The unmodified Convex CLI against a deployment."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import pytest
from aiohttp import ClientSession

from tests.emulator.deployment.deployment_client import (
    APP,
    KEY,
    Cli,
    Client,
    make_project,
    open_deployment,
    write,
)
from vibe_tui.emulator.deployment import Deployment

SCHEMA = """
import { defineSchema, defineTable } from "convex/server";
import { v } from "convex/values";
export default defineSchema({ notes: defineTable({ TEXT: v.string() })INDEX });
"""
NOTES = """
import { v } from "convex/values";
import { mutation, query } from "./_generated/server";
export const add = mutation({
  args: { text: v.string() },
  handler: async (ctx, { text }) => await ctx.db.insert("notes", { text }),
});
export const version = query({ args: {}, handler: async () => "VERSION" });
"""
TSCONFIG = {
    "compilerOptions": {
        "strict": True,
        "module": "ESNext",
        "moduleResolution": "Bundler",
        "target": "ESNext",
        "skipLibCheck": True,
        "noEmit": True,
        "types": [],
    },
    "include": ["./**/*"],
}


def schema(field: str = "text", index: str = "") -> str:
    return SCHEMA.replace("TEXT", field).replace("INDEX", index)


def notes(version: str) -> str:
    return NOTES.replace("VERSION", version)


@pytest.fixture
def project(tmp_path: Path, toolchain: Path) -> Path:
    return make_project(tmp_path / "project", toolchain)


@pytest.fixture
def cli(project: Path, empty: Deployment) -> Cli:
    return Cli(project, empty)


@pytest.fixture
def caller(empty: Deployment, session: ClientSession) -> Client:
    return Client(session, empty.url, f"Convex {KEY}")


@pytest.mark.slow
async def test_the_commands_on_a_pushed_app(
    tmp_path: Path, toolchain: Path, deployment: Deployment, client: Client
) -> None:
    cli = Cli(make_project(tmp_path / "project", toolchain, APP), deployment)

    added = await cli("run", "messages:send", '{"author": "Ann", "body": "hello"}')
    assert added.code == 0, added.stderr
    assert json.loads(added.stdout).endswith("messages")
    assert "hello" in (await cli("run", "messages:list")).stdout
    assert '"for admins"' in (await cli("run", "messages:secret")).stdout
    missing = await cli("run", "messages:nothing")
    assert missing.code == 1
    assert "Could not find function for 'messages:nothing'" in missing.stderr
    assert "messages:send" in missing.stderr.replace("\x1b", "").replace(" ", "")
    as_user = await cli("run", "messages:viewer", "--identity", '{"name": "Ann"}')
    assert json.loads(as_user.stdout)["name"] == "Ann"

    assert (await cli("data")).stdout.split() == ["counters", "messages"]
    table = await cli("data", "messages", "--format", "jsonl")
    assert json.loads(table.stdout)["body"] == "hello"

    assert (await cli("env", "set", "GREETING", "good day")).code == 0
    assert (await cli("env", "get", "GREETING")).stdout == "good day\n"
    assert "GREETING=" in (await cli("env", "list", "--include-values")).stdout
    assert await client.query("messages:variable") == "good day"
    assert (await cli("env", "remove", "GREETING")).code == 0
    assert await client.query("messages:variable") is None

    spec = json.loads((await cli("function-spec")).stdout)
    assert spec["url"] == deployment.url
    assert {"functionType": "HttpAction", "method": "POST", "path": "/echo"} in spec["functions"]
    assert "work.js:sendTwo" in {function.get("identifier") for function in spec["functions"]}

    generated = tmp_path / "project" / "convex" / "_generated"
    assert (await cli("codegen")).code == 0
    assert "messages" in (generated / "api.d.ts").read_text()


async def test_logs_show_history_and_follow(
    tmp_path: Path, toolchain: Path, deployment: Deployment, client: Client
) -> None:
    await client.mutation("messages:send", author="Ann", body="hello")
    cli = Cli(make_project(tmp_path / "project", toolchain, APP), deployment)
    process = await cli.start("logs", "--history", "1")
    assert process.stdout is not None
    try:
        async with asyncio.timeout(30):
            assert b"[CONVEX M(messages.js:send)] [LOG] 'sending'" in await process.stdout.readline()
            await client.call("query", "messages:fails")
            assert b"[CONVEX Q(messages.js:fails)]" in await process.stdout.readline()
    finally:
        process.kill()
        await process.communicate()


async def test_indexes_that_come_and_go_are_reported(cli: Cli, project: Path, caller: Client) -> None:
    write(project, schema=schema(index='.index("by_text", ["text"])'), notes=notes("one"))
    first = await cli.push()
    assert first.code == 0, first.stderr
    assert "Convex functions ready!" in first.stderr
    assert "Added table indexes:\n  [+] notes.by_text   text, _creationTime" in first.stderr

    again = await cli.push()
    assert "Convex functions ready!" in again.stderr
    assert "indexes" not in again.stderr

    write(project, schema=schema(), notes=notes("two"))
    third = await cli.push()
    assert "Deleted table indexes:\n  [-] notes.by_text" in third.stderr
    assert await caller.query("notes:version") == "two"


async def test_data_survives_a_push_and_a_schema_it_does_not_fit_is_refused(
    cli: Cli, project: Path, caller: Client
) -> None:
    write(project, schema=schema(), notes=notes("one"))
    assert (await cli.push()).code == 0
    id_ = await caller.mutation("notes:add", text="kept")

    write(
        project, schema=schema(field="title"), notes=notes("two").replace("{ text });", "{ title: text });")
    )
    refused = await cli.push()
    assert refused.code == 1
    assert "Schema validation failed" in refused.stderr
    assert f'Document with ID "{id_}" in table "notes" does not match the schema' in refused.stderr
    assert "Object is missing the required field `title`" in refused.stderr
    assert await caller.query("notes:version") == "one"

    write(project, schema=schema(), notes=notes("three"))
    assert (await cli.push()).code == 0
    assert await caller.query("notes:version") == "three"
    assert (await cli("data", "notes", "--format", "jsonl")).stdout.count(id_) == 1


async def test_a_type_error_leaves_the_old_code_running(cli: Cli, project: Path, caller: Client) -> None:
    write(project, schema=schema(), notes=notes("one"))
    assert (await cli.push()).code == 0
    (project / "convex" / "tsconfig.json").write_text(json.dumps(TSCONFIG))
    write(project, notes=notes("two") + '\nexport const n: number = "text";\n')
    failed = await cli.push()
    assert failed.code == 1
    assert "TypeScript typecheck" in failed.stderr
    assert "Found 1 error in convex/notes.ts" in failed.stderr
    assert await caller.query("notes:version") == "one"


CRONS = """
import { cronJobs } from "convex/server";
const crons = cronJobs();
crons.cron("odd", "0 0 30 2 *", "notes:add" as any, {});
export default crons;
"""
AUTH_CONFIG = "export default { providers: [{ domain: process.env.MY_ISSUER, applicationID: 'a' }] };"


@pytest.mark.parametrize(
    ("module", "source", "problem"),
    [
        (
            "bad",
            "export const a = 1; throw new Error('at import');",
            "analyze bad.js: Uncaught Error: at import",
        ),
        ("bad", "export const a = 1; for (;;) {}", "analyze the code: Function execution timed out"),
        ("http", "export default 3;", "The default export of `convex/http` is not a Router"),
        ("schema", "export default {};", "The default export of `convex/schema` is not a schema"),
        ("auth.config", AUTH_CONFIG, "Environment variable MY_ISSUER is used in auth config file but"),
        ("crons", CRONS, "Cron job 'odd' in crons.ts"),
    ],
)
async def test_what_cannot_run_is_refused_with_its_reason(
    cli: Cli,
    project: Path,
    caller: Client,
    monkeypatch: pytest.MonkeyPatch,
    module: str,
    source: str,
    problem: str,
) -> None:
    monkeypatch.setattr("vibe_tui.emulator.deployment.child.ANALYSIS_LIMIT", 3)
    write(project, **{module: source})
    refused = await cli.push()
    assert refused.code == 1
    assert problem in refused.stderr
    assert (await caller.post("/api/get_config_hashes", {}))["moduleHashes"] == []


async def test_components_are_refused(cli: Cli, project: Path) -> None:
    component = project / "convex" / "child"
    component.mkdir()
    (component / "convex.config.ts").write_text(
        'import { defineComponent } from "convex/server"; export default defineComponent("child");'
    )
    (project / "convex" / "convex.config.ts").write_text(
        'import { defineApp } from "convex/server"; import child from "./child/convex.config";'
        "const app = defineApp(); app.use(child); export default app;"
    )
    refused = await cli.push()
    assert refused.code == 1
    assert "ComponentsUnsupported: The emulator does not run components." in refused.stderr


async def test_a_wrong_key_is_named(project: Path, empty: Deployment) -> None:
    write(project, notes=notes("one"))
    refused = await Cli(project, empty, key="dev:other|wrong").push()
    assert refused.code == 1
    assert "The provided deploy key was invalid" in refused.stderr


async def test_a_push_while_an_action_runs_does_not_end_it(cli: Cli, project: Path, caller: Client) -> None:
    slow = """
    import { action } from "./_generated/server";
    export const wait = action({ args: {}, handler: async () => {
      await new Promise((resolve) => setTimeout(resolve, 4000));
      return "waited";
    } });
    """
    write(project, schema=schema(), notes=notes("one"), slow=slow)
    assert (await cli.push()).code == 0
    waiting = asyncio.create_task(caller.action("slow:wait"))
    write(project, notes=notes("two"))
    assert (await cli.push()).code == 0
    assert not waiting.done()
    assert await caller.query("notes:version") == "two"
    assert await waiting == "waited"


async def test_code_and_data_are_there_after_a_restart(
    cli: Cli, project: Path, caller: Client, empty: Deployment, tmp_path: Path, toolchain: Path
) -> None:
    write(project, schema=schema(), notes=notes("one"))
    assert (await cli.push()).code == 0
    first = await caller.mutation("notes:add", text="kept")
    await empty.stop()
    again = open_deployment(tmp_path / "empty", toolchain, port=empty.port, site_port=empty.site_port)
    await again.start()
    try:
        assert again.url == empty.url
        assert await caller.query("notes:version") == "one"
        assert await caller.mutation("notes:add", text="more") > first
        assert (await Cli(project, again)("data", "notes", "--format", "jsonl")).stdout.count("text") == 2
    finally:
        await again.stop()
