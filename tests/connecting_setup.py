"""An app with a state folder of its own, connected as the command line would do it."""

from __future__ import annotations

import json
import socket
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field, replace
from pathlib import Path

from fake_platform import CLIENT_ID, CLIENT_SECRET

from vibe_tui.services.convex.connect import ConnectMethod, EmulatorMethod, OAuthMethod, SignInPorts, Target
from vibe_tui.services.convex.key_methods import KeyMethod
from vibe_tui.services.convex.provisioning import Provisioning
from vibe_tui.services.convex.token_methods import TeamTokenMethod
from vibe_tui.services.credentials import Credentials
from vibe_tui.services.model import Connected, Connecting, Project
from vibe_tui.services.paths import Home
from vibe_tui.services.secret import Secret
from vibe_tui.services.store import open_store

APP_ID = "0123456789ab"
PROJECT = Project(APP_ID, "my-app", Path("/nowhere"), "local", "2026-01-01T00:00:00Z")


@dataclass(frozen=True)
class Running:
    """What the emulator's client side would tell."""

    host: str
    client_id: str = CLIENT_ID
    client_secret: Secret = field(default_factory=lambda: Secret(CLIENT_SECRET))


def ports_nobody_uses(count: int) -> tuple[int, ...]:
    """Free ports for a test's own listeners; the product's fixed ones may be in use on this machine."""
    held = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = tuple(one.getsockname()[1] for one in held)
    for one in held:
        one.close()
    return ports


def sign_in_ports(*ports: int, **more: object) -> SignInPorts:
    return replace(SignInPorts(redirect_ports=ports or ports_nobody_uses(1), limit=20, approve=True), **more)


@dataclass
class App:
    root: Path
    host: str
    running: Running | None = None
    ports: tuple[int, ...] = ()
    """Redirect ports; free ones when none are given."""
    project: Project = PROJECT
    token: str = ""
    """A team access token to connect with; "": by consenting at the emulator."""
    wants: dict[str, str] = field(default_factory=dict)
    """What to connect to, unless a test says so."""

    @property
    def home(self) -> Home:
        return Home(self.root)

    @property
    def credentials(self) -> Credentials:
        return Credentials(self.home, "file")

    def provisioning(self) -> Provisioning:
        """Made anew each time, as another process would."""
        store = open_store(self.home.project_store(self.project.id))
        return Provisioning(self.project, store, self.credentials)

    def emulator(self) -> EmulatorMethod:
        async def ensure() -> Running:
            return self.running or Running(self.host)

        return EmulatorMethod(ensure)

    def oauth(self, host: str = "") -> OAuthMethod:
        return OAuthMethod(host or self.host, host or self.host, CLIENT_ID, Secret(CLIENT_SECRET))

    async def connect(
        self,
        *,
        name: str = "my-app",
        method: ConnectMethod | KeyMethod | None = None,
        on_step: Callable[[Connecting], None] = lambda _: None,
        ports: SignInPorts | None = None,
        **target: str,
    ) -> Connected:
        if method is None and self.token:
            method, ports = TeamTokenMethod(self.host, self.host), ports or typing(self.token)
        return await self.provisioning().connect(
            method or self.emulator(),
            target=Target(name, **(target or self.wants)),
            on_step=on_step,
            sign_in=ports or sign_in_ports(*self.ports),
        )

    def secrets(self) -> list[str]:
        """The values that the credential store holds now."""
        if not self.home.credentials.exists():
            return []
        return list(json.loads(self.home.credentials.read_text())["secrets"].values())

    def store_text(self) -> str:
        folder = self.home.project_store(self.project.id).parent
        return "".join(path.read_text() for path in folder.iterdir() if path.is_file())


async def lines(*texts: str) -> AsyncIterator[str]:
    """What a user pastes, line by line, before the input ends."""
    for text in texts:
        yield text


def typing(*texts: str, **more: object) -> SignInPorts:
    """A user who types these when asked for a token or key, then nothing more."""
    left = list(texts)

    async def ask(_question: str) -> str:
        return left.pop(0) if left else ""

    return sign_in_ports(approve=False, ask_secret=ask, **more)
