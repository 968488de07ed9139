"""A deployment whose functions run without end: it answers what the Backend screen's Logs tab asks.

Prints its port. Run: .venv/bin/python benchmarks/support/log_server.py EXECUTIONS-A-SECOND
"""

from __future__ import annotations

import asyncio
import sys
import time

from aiohttp import web

NAME = "qzxjvkw:qzxjvkwqzxqzxjvkwqzxjvkw"
"""What runs; the letters that the benchmark types are in it."""
HISTORY = 300


class LogServer:
    def __init__(self, rate: int) -> None:
        self._rate = rate
        self._began = time.time()

    @property
    def _count(self) -> int:
        return int((time.time() - self._began) * self._rate)

    async def urls(self, request: web.Request) -> web.Response:
        here = f"http://{request.host}"
        return web.json_response({"convexCloudUrl": here, "convexSiteUrl": here})

    async def query(self, _request: web.Request) -> web.Response:
        page = {"page": [], "isDone": True, "continueCursor": ""}
        return web.json_response({"status": "success", "value": page, "logLines": []})

    async def logs(self, request: web.Request) -> web.Response:
        cursor = int(float(request.query["cursor"]))
        missing = cursor + 1 - self._count
        if missing > 0:
            await asyncio.sleep(missing / self._rate)
        end = self._count
        first = max(cursor, end - (HISTORY if cursor == 0 else self._rate))
        return web.json_response({"entries": [self._entry(n) for n in range(first, end)], "newCursor": end})

    def _entry(self, number: int) -> dict[str, object]:
        failed = number % 50 == 0
        return {
            "kind": "Completion",
            "udfType": "Mutation",
            "identifier": NAME.replace(":", ".js:"),
            "logLines": [{"messages": [f"'request' {number}", "'answered'"], "level": "INFO"}],
            "timestamp": self._began + number / self._rate,
            "executionTime": 0.004,
            "success": not failed,
            "error": "Uncaught Error: no\n    at handler (../convex/a.ts:1:1)" if failed else None,
            "requestId": f"{number:016x}",
        }


async def main(rate: int) -> None:
    server = LogServer(rate)
    app = web.Application()
    app.add_routes(
        [
            web.get("/api/v1/get_canonical_urls", server.urls),
            web.get("/api/stream_function_logs", server.logs),
            web.post("/api/query", server.query),
        ]
    )
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    print(runner.addresses[0][1], flush=True)
    await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1])))
