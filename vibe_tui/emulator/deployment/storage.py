"""File storage over HTTP: bytes are files named after their SHA-256, documents name them."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import hashlib
import time
import uuid
from pathlib import Path

from aiohttp import web

from vibe_tui.emulator.deployment.database import FILES, Database
from vibe_tui.emulator.deployment.errors import FunctionFailed, Refusal
from vibe_tui.emulator.deployment.files import private_folder
from vibe_tui.emulator.deployment.runtime import Runtime

_TOKEN_LIFETIME = 3600.0


class FileStorage:
    def __init__(self, folder: Path, database: Database) -> None:
        self.folder = folder / "storage"
        self._database = database
        self._tokens: dict[str, float] = {}
        self.runtime: Runtime | None = None

    def open(self) -> None:
        """Blocking. Removes bytes no document names."""
        private_folder(self.folder)
        named = {_hex(document["sha256"]) for document in self._database.table(FILES)}
        for entry in self.folder.iterdir():
            if entry.name not in named:
                entry.unlink()

    def allow(self, token: str) -> None:
        """An upload URL was made: it can be used once, for an hour."""
        now = time.monotonic()
        self._tokens = {t: expires for t, expires in self._tokens.items() if expires > now}
        self._tokens[token] = now + _TOKEN_LIFETIME

    def routes(self) -> list[web.RouteDef]:
        return [
            web.post("/api/storage/upload", self._upload),
            web.get("/api/storage/{id}", self._download),
        ]

    async def _upload(self, request: web.Request) -> web.Response:
        if self._tokens.pop(request.query.get("token", ""), 0.0) < time.monotonic():
            raise Refusal("InvalidUploadToken", "This upload URL is not valid any more.", 403)
        digest, size = hashlib.sha256(), 0
        temporary = self.folder / f".{uuid.uuid4().hex}"
        try:
            with temporary.open("xb") as file:
                async for chunk in request.content.iter_chunked(1 << 20):
                    digest.update(chunk)
                    size += len(chunk)
                    await asyncio.to_thread(file.write, chunk)
            await asyncio.to_thread(temporary.replace, self.folder / digest.hexdigest())
        finally:
            with contextlib.suppress(FileNotFoundError):
                temporary.unlink()
        document = {"sha256": base64.b64encode(digest.digest()).decode(), "size": size}
        if request.content_type and "Content-Type" in request.headers:
            document["contentType"] = request.headers["Content-Type"]
        assert self.runtime is not None
        try:
            return web.json_response({"storageId": await self.runtime.store_file(document)})
        except FunctionFailed as failure:
            raise Refusal("UploadFailed", failure.message, 500) from failure

    async def _download(self, request: web.Request) -> web.StreamResponse:
        document = self._database.get(request.match_info["id"])
        path = self.folder / _hex(document["sha256"]) if document and "sha256" in document else None
        if document is None or path is None or not path.exists():
            raise Refusal("StorageIdNotFound", "There is no file with this id.", 404)
        headers = {
            "Content-Type": document.get("contentType", "application/octet-stream"),
            # An uploaded page must not act in the deployment's name.
            "Content-Security-Policy": "sandbox",
            "X-Content-Type-Options": "nosniff",
        }
        return web.FileResponse(path, headers=headers)


def _hex(sha256: str) -> str:
    return base64.b64decode(sha256).hex()
