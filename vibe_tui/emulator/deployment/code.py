"""Pushed code: the modules of a push on disk, what the analysis found in them, and which push is live."""

from __future__ import annotations

import hashlib
import json
import shutil
import uuid
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Any, Literal

from vibe_tui.emulator.deployment.errors import Refusal
from vibe_tui.emulator.deployment.files import private_folder, write_private

Kind = Literal["query", "mutation", "action"]
_KINDS: dict[str, Kind] = {"Query": "query", "Mutation": "mutation", "Action": "action"}
_STAGED_KEPT = 4


@dataclass(frozen=True, slots=True)
class Function:
    """One function of the live code."""

    identifier: str
    """As Convex names it, e.g. "messages.js:send"."""
    kind: Kind
    public: bool
    args: dict[str, Any]
    """The argument validator, as exported."""
    returns: dict[str, Any] | None


@dataclass(frozen=True, slots=True)
class Module:
    path: str
    environment: str
    sha256: str


@dataclass(frozen=True, slots=True)
class Code:
    """One push. `analysis`: ``{"modules": {path: ...}, "schema": ... | None, "auth": [...]}``."""

    id: str
    folder: Path
    modules: tuple[Module, ...]
    has_schema: bool
    analysis: dict[str, Any]
    version: str
    """The CLI's version, e.g. "1.48.0"."""
    site_url: str
    """The deployment's site when it was pushed; auth.config.ts was evaluated with it."""
    functions: dict[str, Function] = field(default_factory=dict)
    """By path, e.g. "messages:send"."""

    @property
    def schema(self) -> dict[str, Any] | None:
        schema = self.analysis["schema"]
        return schema if isinstance(schema, dict) else None

    @property
    def auth(self) -> list[dict[str, Any]]:
        return list(self.analysis["auth"])

    def auth_at(self, site_url: str) -> list[dict[str, Any]]:
        """The providers, where the deployment itself is one under the URL its site has now."""
        return list(json.loads(json.dumps(self.auth).replace(self.site_url, site_url)))

    @property
    def http_routes(self) -> list[dict[str, Any]]:
        routes = self.analysis["modules"].get("http.js", {}).get("httpRoutes") or []
        return [entry["route"] for entry in routes]

    @property
    def crons(self) -> dict[str, Any]:
        return dict(self.analysis["modules"].get("crons.js", {}).get("cronSpecs") or {})

    @property
    def load_fields(self) -> dict[str, Any]:
        """What the child needs to import it."""
        return {
            "code": str(self.folder),
            "modules": [module.path for module in self.modules],
            "schema": "schema.js" if self.has_schema else None,
        }


def functions_of(analysis: dict[str, Any]) -> dict[str, Function]:
    found: dict[str, Function] = {}
    for path, module in analysis["modules"].items():
        for function in module["functions"]:
            found[f"{path.removesuffix('.js')}:{function['name']}"] = Function(
                identifier=f"{path}:{function['name']}",
                kind=_KINDS[function["udfType"]],
                public=(function["visibility"] or {}).get("kind") != "internal",
                args=json.loads(function["args"]),
                returns=json.loads(function["returns"]),
            )
    return found


def _checked_path(path: object) -> str:
    if isinstance(path, str) and path.endswith(".js") and "\\" not in path and "\0" not in path:
        parts = PurePosixPath(path).parts
        if parts and not path.startswith("/") and ".." not in parts:
            return path
    raise Refusal("InvalidModules", f"The module path {path!r} is not valid.")


def _write_module(folder: Path, module: dict[str, Any]) -> Module:
    path = _checked_path(module.get("path"))
    source, source_map = str(module.get("source", "")), module.get("sourceMap") or ""
    target = folder / path
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(source, encoding="utf-8")
    if source_map:
        target.with_name(f"{target.name}.map").write_text(source_map, encoding="utf-8")
    sha256 = hashlib.sha256((source + source_map).encode("utf-8", "surrogatepass")).hexdigest()
    return Module(path, str(module.get("environment", "isolate")), sha256)


class CodeStore:
    """Blocking, except for `live` and `staged`. Code becomes live only with `activate`."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder / "code"
        self.live: Code | None = None
        self.staged: dict[str, Code] = {}

    def open(self) -> None:
        private_folder(self._folder)
        try:
            id_ = json.loads((self._folder / "live.json").read_text(encoding="utf-8"))["id"]
            self.live = self._read(id_)
        except FileNotFoundError:
            self.live = None
        self._prune()

    def _read(self, id_: str) -> Code:
        meta = json.loads((self._folder / id_ / "push.json").read_text(encoding="utf-8"))
        return Code(
            id=id_,
            folder=self._folder / id_,
            modules=tuple(Module(**module) for module in meta["modules"]),
            has_schema=meta["has_schema"],
            analysis=meta["analysis"],
            version=meta["version"],
            site_url=meta["site_url"],
            functions=functions_of(meta["analysis"]),
        )

    def unpack(self, definition: dict[str, Any], site_url: str) -> Code:
        """Write the modules of a push into a folder of its own; nothing is analysed yet.

        definition: the push's ``appDefinition``. Raises Refusal, with the code RaceDetected when an
        "unchanged" module is not what is live any more (the CLI then starts over).
        """
        id_ = uuid.uuid4().hex[:12]
        folder = private_folder(self._folder / id_)
        (folder / "package.json").write_text('{"type": "module"}', encoding="utf-8")
        modules = [_write_module(folder, module) for module in definition["changedModules"]]
        modules += [self._copy_live(folder, module) for module in definition["unchangedModuleHashes"]]
        schema = definition.get("schema")
        if schema is not None:
            _write_module(folder, {**schema, "path": "schema.js"})
        return Code(
            id=id_,
            folder=folder,
            modules=tuple(sorted(modules, key=lambda module: module.path)),
            has_schema=schema is not None,
            analysis={},
            version=str(definition["udfServerVersion"]),
            site_url=site_url,
        )

    def _copy_live(self, folder: Path, wanted: dict[str, Any]) -> Module:
        live = {module.path: module for module in self.live.modules} if self.live else {}
        module = live.get(_checked_path(wanted.get("path")))
        if self.live is None or module is None or module.sha256 != wanted.get("sha256"):
            raise Refusal("RaceDetected", "The deployed code changed during this push.")
        for name in (module.path, f"{module.path}.map"):
            if (source := self.live.folder / name).exists():
                (folder / name).parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(source, folder / name)
        return module

    def stage(self, code: Code) -> None:
        """Remember an analysed push until it is finished; only the latest few are kept."""
        meta = {
            "modules": [
                {"path": m.path, "environment": m.environment, "sha256": m.sha256} for m in code.modules
            ],
            "has_schema": code.has_schema,
            "analysis": code.analysis,
            "version": code.version,
            "site_url": code.site_url,
        }
        write_private(code.folder / "push.json", json.dumps(meta).encode())
        self.staged[code.id] = code
        for old in list(self.staged)[:-_STAGED_KEPT]:
            self.discard(self.staged.pop(old))

    def discard(self, code: Code) -> None:
        if self.live is None or code.id != self.live.id:
            shutil.rmtree(code.folder, ignore_errors=True)

    def activate(self, code: Code) -> None:
        """Make it the live code, durably.

        The code before stays on disk until the next `open`: an action may still run it.
        """
        write_private(self._folder / "live.json", json.dumps({"id": code.id}).encode())
        self.staged.pop(code.id, None)
        self.live = code

    def _prune(self) -> None:
        keep = self.live.id if self.live else ""
        for entry in self._folder.iterdir():
            if entry.is_dir() and entry.name != keep:
                shutil.rmtree(entry, ignore_errors=True)
