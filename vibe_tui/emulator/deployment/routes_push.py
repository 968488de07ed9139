"""The push protocol of the Convex CLI 1.48: start_push, wait_for_schema, finish_push.

Source: the CLI (lib/deploy2.ts, lib/deployApi/*.ts) and recorded pushes. Code is stored and analysed at
start_push, its schema is checked against the data at wait_for_schema, and it goes live at finish_push.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any

from aiohttp import web

from vibe_tui.emulator.deployment.child import Child
from vibe_tui.emulator.deployment.code import Code, CodeStore, functions_of
from vibe_tui.emulator.deployment.cron import next_run
from vibe_tui.emulator.deployment.database import Database
from vibe_tui.emulator.deployment.environment import Environment
from vibe_tui.emulator.deployment.errors import Refusal
from vibe_tui.emulator.deployment.runtime import Runtime
from vibe_tui.emulator.deployment.schema import first_violation, index_diff
from vibe_tui.emulator.deployment.wire import Door, json_body


class PushRoutes:
    def __init__(
        self,
        door: Door,
        child: Child,
        runtime: Runtime,
        code: CodeStore,
        database: Database,
        environment: Environment,
        *,
        site_url: str,
        on_push: Callable[[], Awaitable[None]],
    ) -> None:
        self._site_url = site_url
        self._door = door
        self._child = child
        self._runtime = runtime
        self._code = code
        self._database = database
        self._environment = environment
        self._on_push = on_push

    def routes(self) -> list[web.RouteDef]:
        return [
            web.post("/api/get_config_hashes", self._config_hashes),
            web.post("/api/deploy2/evaluate_schema", self._evaluate_schema),
            web.post("/api/deploy2/evaluate_push", self._evaluate_push),
            web.post("/api/deploy2/start_push", self._start_push),
            web.post("/api/deploy2/wait_for_schema", self._wait_for_schema),
            web.post("/api/deploy2/finish_push", self._finish_push),
            web.post("/api/deploy2/report_push_completed", self._report_push_completed),
        ]

    async def _body(self, request: web.Request) -> dict[str, Any]:
        body = await json_body(request)
        self._door.admin(request, body)
        return body

    async def _config_hashes(self, request: web.Request) -> web.Response:
        await self._body(request)
        live = self._code.live
        modules = live.modules if live else ()
        return web.json_response(
            {
                "config": {"functions": "convex/", "authInfo": live.auth if live else []},
                "moduleHashes": [
                    {"path": m.path, "environment": m.environment, "hash": m.sha256} for m in modules
                ],
                "udfServerVersion": live.version if live else None,
                "nodeVersion": None,
            }
        )

    async def _evaluate_schema(self, request: web.Request) -> web.Response:
        """Predictions about slow migrations of large tables; ours are never slow, so there are none."""
        await self._body(request)
        return web.json_response({"componentSchemaEvaluations": {}, "newComponentDefinitions": []})

    async def _evaluate_push(self, request: web.Request) -> web.Response:
        code = await self._analysed(await self._body(request))
        await asyncio.to_thread(self._code.discard, code)
        return web.json_response({"schemaChange": self._schema_change(code)})

    async def _start_push(self, request: web.Request) -> web.Response:
        code = await self._analysed(await self._body(request))
        await asyncio.to_thread(self._code.stage, code)
        return web.json_response(self._push_response(code))

    async def _analysed(self, body: dict[str, Any]) -> Code:
        definition = _definition(body)
        code = await asyncio.to_thread(self._code.unpack, definition, self._site_url)
        try:
            analysis = await self._child.analyse(code)
            _check_crons(analysis)
        except Refusal:
            await asyncio.to_thread(self._code.discard, code)
            raise
        return replace(code, analysis=analysis, functions=functions_of(analysis))

    def _schema_change(self, code: Code) -> dict[str, Any]:
        live = self._code.live
        return {
            "allocatedComponentIds": {},
            "schemaIds": {"": code.id},
            "indexDiffs": {"": index_diff(live.schema if live else None, code.schema)},
        }

    def _push_response(self, code: Code) -> dict[str, Any]:
        no_exports: dict[str, Any] = {"type": "branch", "branch": []}
        return {
            "environmentVariables": self._environment.values,
            "externalDepsId": None,
            "componentDefinitionPackages": {"": {}},
            "appAuth": code.auth,
            "analysis": {
                "": {
                    "definition": {
                        "path": "",
                        "definitionType": {"type": "app"},
                        "childComponents": [],
                        "httpMounts": {},
                        "exports": no_exports,
                    },
                    "schema": code.schema,
                    "functions": code.analysis["modules"],
                    "udfConfig": {
                        "serverVersion": code.version,
                        "importPhaseRngSeed": {"$bytes": "AA=="},
                        "importPhaseUnixTimestamp": {"$integer": "AAAAAAAAAAA="},
                    },
                }
            },
            "app": {
                "definitionPath": "",
                "componentPath": "",
                "args": {},
                "childComponents": {},
                "httpRoutes": {"httpModuleRoutes": code.http_routes or None, "mounts": []},
                "exports": {},
            },
            "schemaChange": self._schema_change(code),
        }

    async def _wait_for_schema(self, request: web.Request) -> web.Response:
        body = await self._body(request)
        code = self._staged(body.get("schemaChange"))
        if code is None:
            return web.json_response({"type": "raceDetected"})
        violation = first_violation(code.schema, self._database.data.documents.values())
        if violation is None:
            return web.json_response({"type": "complete"})
        return web.json_response(
            {
                "type": "failed",
                "error": violation.message,
                "componentPath": "",
                "tableName": violation.table,
            }
        )

    async def _finish_push(self, request: web.Request) -> web.Response:
        body = await self._body(request)
        started = body.get("startPush")
        code = self._staged(started.get("schemaChange")) if isinstance(started, dict) else None
        if code is None or not isinstance(started, dict):
            raise Refusal("RaceDetected", "This push was overtaken by another one.")
        if started.get("environmentVariables") != self._environment.values:
            raise Refusal("RaceDetected", "Environment variables changed during this push.")
        before = self._code.live
        if not body.get("dryRun"):
            await self._runtime.activate(code)
            await self._on_push()
        return web.json_response(_finished(before, code))

    async def _report_push_completed(self, request: web.Request) -> web.Response:
        await self._body(request)
        return web.json_response(None)

    def _staged(self, schema_change: Any) -> Code | None:
        match schema_change:
            case {"schemaIds": {"": str(id_)}}:
                return self._code.staged.get(id_)
        return None


def _definition(body: dict[str, Any]) -> dict[str, Any]:
    """The push's appDefinition. Raises Refusal for what the emulator does not run."""
    definition = body.get("appDefinition")
    wanted = ("changedModules", "unchangedModuleHashes", "udfServerVersion")
    if not isinstance(definition, dict) or not all(name in definition for name in wanted):
        raise Refusal("BadJsonBody", "The push has no complete `appDefinition`.")
    if body.get("componentDefinitions") or definition.get("dependencies"):
        raise Refusal(
            "ComponentsUnsupported",
            "The emulator does not run components. Remove `app.use(...)` from convex.config.ts, "
            "or connect the project to a Convex cloud deployment.",
        )
    if body.get("nodeDependencies"):
        raise Refusal(
            "ExternalPackagesUnsupported",
            "The emulator does not install external packages. Remove `node.externalPackages` from "
            "convex.json, or connect the project to a Convex cloud deployment.",
        )
    return definition


def _check_crons(analysis: dict[str, Any]) -> None:
    crons = analysis["modules"].get("crons.js", {}).get("cronSpecs") or {}
    for name, spec in crons.items():
        try:
            next_run(spec["schedule"], time.time())
        except ValueError as error:
            raise Refusal("InvalidModules", f"Cron job {name!r} in crons.ts: {error}") from error


def _finished(before: Code | None, after: Code) -> dict[str, Any]:
    """The FinishPushDiff of what changed."""
    old = {m.path: m.sha256 for m in before.modules} if before else {}
    new = {m.path: m.sha256 for m in after.modules}
    old_crons, new_crons = before.crons if before else {}, after.crons
    old_auth, new_auth = ([str(p) for p in c.auth] if c else [] for c in (before, after))
    return {
        "authDiff": {
            "added": [p for p in new_auth if p not in old_auth],
            "removed": [p for p in old_auth if p not in new_auth],
        },
        "definitionDiffs": {},
        "componentDiffs": {
            "": {
                "diffType": {"type": "modify"},
                "moduleDiff": {
                    "added": [path for path, sha in new.items() if old.get(path) != sha],
                    "removed": [path for path, sha in old.items() if new.get(path) != sha],
                },
                "udfConfigDiff": None,
                "cronDiff": {
                    "added": [name for name in new_crons if name not in old_crons],
                    "updated": [n for n in new_crons if n in old_crons and new_crons[n] != old_crons[n]],
                    "deleted": [name for name in old_crons if name not in new_crons],
                },
                "indexDiff": index_diff(before.schema if before else None, after.schema),
                "schemaDiff": None,
            }
        },
    }
