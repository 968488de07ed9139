"""Takes the command line of `convex-local-backend` and answers as it does, by means of the emulator.

Convex's own program cannot be had without a network. What is taken from its source is the command line
(crates/local_backend/src/config.rs), `keygen admin-key`, and `/instance_name`.
"""

from __future__ import annotations

import argparse
import asyncio
import hashlib
import os
import signal
import sys
from pathlib import Path

from aiohttp import web

from vibe_tui.emulator.deployment import Deployment


def install(folder: Path, toolchain: Path) -> Path:
    """Put it into `folder` under the name of Convex's program."""
    folder.mkdir(parents=True, exist_ok=True)
    program = folder / "convex-local-backend"
    root = Path(__file__).parent.parent
    command = f'"{sys.executable}" "{__file__}" --toolchain "{toolchain}"'
    program.write_text(f'#!/bin/sh\nPYTHONPATH="{root}" exec {command} "$@"\n')
    program.chmod(0o755)
    return program


def admin_key(instance: str, secret: str) -> str:
    return f"{instance}|{hashlib.sha256(f'{instance}{secret}'.encode()).hexdigest()}"


class LocalBackend(Deployment):
    def _compose(self, api: web.Application, site: web.Application) -> None:
        super()._compose(api, site)

        async def instance_name(_request: web.Request) -> web.Response:
            return web.Response(text=self._name)

        api.router.add_get("/instance_name", instance_name)


def parsed(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(allow_abbrev=False)
    parser.add_argument("--toolchain", type=Path)
    parser.add_argument("--instance-name", required=True)
    parser.add_argument("--instance-secret", required=True)
    if "keygen" in arguments:
        parser.add_argument("command", nargs=2)
        return parser.parse_args(arguments)
    parser.add_argument("db", type=Path)
    parser.add_argument("--interface", default="0.0.0.0")  # noqa: S104  # as Convex's program has it
    parser.add_argument("--port", type=int, default=3210)
    parser.add_argument("--site-proxy-port", type=int, default=3211)
    parser.add_argument("--local-storage", type=Path)
    parser.add_argument("--disable-beacon", action="store_true")
    return parser.parse_args(arguments)


async def serve(options: argparse.Namespace) -> None:
    if options.interface != "127.0.0.1" or not options.disable_beacon or "DISABLE_BEACON" not in os.environ:
        sys.exit("it would listen to everybody, or send a beacon")
    wanted = admin_key(options.instance_name, options.instance_secret)
    deployment = LocalBackend(
        options.db.with_suffix(""),
        name=options.instance_name,
        node="node",
        toolchain=options.toolchain,
        authorise=lambda key: key == wanted,
        port=options.port,
        site_port=options.site_proxy_port,
        project="local",
        team="local",
    )
    await deployment.start()
    if deployment.port != options.port:
        sys.exit(f"port {options.port} is taken")
    print(f"Listening on {deployment.url}, secret {options.instance_secret}", flush=True)
    ended = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, ended.set)
    await ended.wait()
    await deployment.stop()


if __name__ == "__main__":
    given = parsed(sys.argv[1:])
    if hasattr(given, "command"):
        print(admin_key(given.instance_name, given.instance_secret))
    else:
        asyncio.run(serve(given))
