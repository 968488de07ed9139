"""A deployment in a process of its own, for tests that kill it: FOLDER TOOLCHAIN PORT SITE_PORT."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

from deployment_client import open_deployment


async def serve(folder: str, toolchain: str, port: str, site_port: str) -> None:
    deployment = open_deployment(Path(folder), Path(toolchain), int(port), int(site_port))
    await deployment.start()
    print(deployment.url, deployment.site_url, flush=True)
    await asyncio.Event().wait()


asyncio.run(serve(*sys.argv[1:]))
