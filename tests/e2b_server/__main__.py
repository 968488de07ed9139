"""Run the loopback E2B until stdin closes; the first line told is its environment as JSON."""

from __future__ import annotations

import asyncio
import json
import sys
import tempfile
from pathlib import Path

from tests.e2b_server.server import E2BServer


async def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        async with E2BServer(Path(folder)).running() as server:
            print(json.dumps(server.environ()), flush=True)
            await asyncio.to_thread(sys.stdin.read)


asyncio.run(main())
