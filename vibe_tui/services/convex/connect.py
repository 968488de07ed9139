"""The ways to connect a project: who is asked to sign the user in, and how."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from vibe_tui.services.convex.journal import SignInKind
from vibe_tui.services.errors import UsageError, VibeError
from vibe_tui.services.model import BackendKind
from vibe_tui.services.secret import Secret

if TYPE_CHECKING:
    from vibe_tui.services.convex.catalogue import Catalogue, Picked
    from vibe_tui.services.convex.cli_api import ConvexTeam
    from vibe_tui.services.convex.given_secret import SecretKind


@dataclass(frozen=True, slots=True)
class Platform:
    """Where Convex's platform is, and as which OAuth application we come to it."""

    kind: BackendKind
    provision_host: str
    """Serves `/oauth/token` and `/v1`."""
    dashboard_host: str
    """Serves `/oauth/authorize/…` and the dashboard."""
    client_id: str = ""
    """"" where the user signs in with a token."""
    client_secret: Secret = field(default_factory=lambda: Secret(""))


@dataclass(frozen=True, slots=True)
class Target:
    """What to connect to."""

    name: str
    """What a new Convex project is called, before our suffix."""
    team: str = ""
    """The slug or id of the team; "": the one that the sign-in gives."""
    attach: str = ""
    """The slug or id of a project that is there already."""
    deployment: str = ""
    """The name of a deployment that is there already; "": the dev deployment of whoever signs in."""
    pick: bool = False
    """Have a project that is there already picked once the team is known (`SignInPorts.choose_project`)."""

    @property
    def attaches(self) -> bool:
        return bool(self.attach or self.deployment)


@dataclass(frozen=True, slots=True)
class Grant:
    """What a sign-in gave."""

    token: Secret
    platform: Platform


async def _keep_waiting(_link: str) -> None:
    """Shows nothing: for sign-ins that consent themselves."""


def _nobody_listens(_problem: VibeError) -> None:
    """For callers to whom problems that do not end the sign-in are of no use."""


async def _nothing_typed(_question: str) -> str:
    """For sign-ins that ask for nothing."""
    return ""


async def _not_agreed(_question: str) -> bool:
    return False


def _nobody_watches(_seconds: float, _reason: str) -> None:
    """For callers that show no waits."""


@dataclass(frozen=True, slots=True)
class SignInPorts:
    """How a sign-in reaches whoever drives it: the command line, or the page."""

    redirect_ports: tuple[int, ...]
    """Loopback ports whose redirect URIs are registered with the application, in order of trial."""
    limit: float = 300.0
    """Seconds the user has."""
    open_link: Callable[[str], Awaitable[None]] = _keep_waiting
    """Show the link and open it if that is possible. Must not raise."""
    pasted: AsyncIterator[str] | None = None
    """Addresses the user copied from the browser; None: there is no way to paste."""
    on_problem: Callable[[VibeError], None] = _nobody_listens
    """Told what went wrong without ending the sign-in: a refused paste, all ports busy."""
    on_wait: Callable[[float, str], None] = _nobody_watches
    """Told the seconds until a request is sent again, and why."""
    ask_secret: Callable[[str], Awaitable[str]] = _nothing_typed
    """Ask for a token or key without showing it; "" at the end of the input."""
    agree: Callable[[str], Awaitable[bool]] = _not_agreed
    """Ask a yes-or-no question."""
    choose_team: Callable[[Sequence[ConvexTeam]], Awaitable[ConvexTeam]] | None = None
    """Ask which of several teams; None: nobody can be asked."""
    choose_project: Callable[[Catalogue], Awaitable[Picked | None]] | None = None
    """Ask which project that is there already; its answer None: none of them, make a new one."""
    approve: bool = False
    """Consent in the user's place; the emulator alone allows it."""


LONGEST_NAME = 50
"""Characters of a new Convex project's name, before our suffix."""


class ConvexNameInvalid(UsageError):
    """A Convex project cannot be called that."""

    code = "convex_name_invalid"


def check_name(name: str) -> None:
    """Raises ConvexNameInvalid when a new Convex project cannot be called that."""
    if not name.strip() or len(name.strip()) > LONGEST_NAME or not name.isprintable():
        raise ConvexNameInvalid(
            f"A Convex project's name has 1 to {LONGEST_NAME} printable characters.",
            next_step="Choose another name (`--project-name`).",
        )


class ConnectMethod(Protocol):
    """One way to connect."""

    name: str
    """What `--with` takes."""
    title: str
    needs: str
    """One line: what the user must have."""
    sign_in: SignInKind
    asks: SecretKind | None
    """What it asks the user for; None: nothing."""

    def obstacle(self) -> VibeError | None:
        """Why it cannot work on this computer; None: as far as a quick look tells, it can. Blocking."""

    async def platform(self) -> Platform:
        """Make the platform ready and say where it is; cheap the second time.

        Raises VibeError when it is not configured or cannot be started.
        """

    async def authorise(self, ports: SignInPorts) -> Grant:
        """Sign the user in. Raises VibeError: see oauth.sign_in."""


class OAuthMethod:
    """Convex cloud, or any host that speaks its protocol, with an OAuth application of the user's."""

    name = "oauth"
    title = "Convex, signing in with the browser"
    needs = "a Convex account, and the client id and secret of an OAuth application"
    sign_in: SignInKind = "oauth"
    asks: SecretKind | None = None

    def __init__(
        self, provision_host: str, dashboard_host: str, client_id: str, client_secret: Secret | None
    ) -> None:
        self._provision_host = provision_host.rstrip("/")
        self._dashboard_host = dashboard_host.rstrip("/")
        self._client_id = client_id
        self._client_secret = client_secret

    def obstacle(self) -> VibeError | None:
        return None if self._client_id and self._client_secret is not None else OAuthNotConfigured()

    async def platform(self) -> Platform:
        if not self._client_id or self._client_secret is None:
            raise OAuthNotConfigured
        return Platform(
            "cloud", self._provision_host, self._dashboard_host, self._client_id, self._client_secret
        )

    async def authorise(self, ports: SignInPorts) -> Grant:
        return await _sign_in(await self.platform(), ports)


class RunningEmulator(Protocol):
    """What an emulator says about itself; `local_emulator.EmulatorInfo` is one."""

    @property
    def host(self) -> str: ...
    @property
    def client_id(self) -> str: ...
    @property
    def client_secret(self) -> Secret: ...


class EmulatorMethod:
    """The emulated Convex on this computer."""

    name = "emulator"
    title = "Emulator on this computer"
    needs = "nothing: no account, no key, no network"
    sign_in: SignInKind = "oauth"
    asks: SecretKind | None = None

    def __init__(self, ensure: Callable[[], Awaitable[RunningEmulator]]) -> None:
        """ensure: start the emulator when it does not run (`local_emulator.ensure`)."""
        self._ensure = ensure

    def obstacle(self) -> VibeError | None:
        return None

    async def platform(self) -> Platform:
        running = await self._ensure()
        return Platform("emulator", running.host, running.host, running.client_id, running.client_secret)

    async def authorise(self, ports: SignInPorts) -> Grant:
        return await _sign_in(await self.platform(), ports)


class OAuthNotConfigured(VibeError):
    """There is no OAuth application to sign in with."""

    code = "oauth_not_configured"

    def __init__(self) -> None:
        super().__init__(
            "Signing in to Convex needs the client id and secret of an OAuth application.",
            next_step="Set CONVEX_OAUTH_CLIENT_ID and CONVEX_OAUTH_CLIENT_SECRET (or oauth_client_id and "
            "oauth_client_secret under [convex] in settings.toml), or connect without an account: "
            "to the emulator (`--with emulator`).",
        )


async def _sign_in(platform: Platform, ports: SignInPorts) -> Grant:
    from vibe_tui.services.convex.consent import approve
    from vibe_tui.services.convex.oauth import sign_in

    if ports.approve and platform.kind != "emulator":
        raise UsageError(
            "Only the emulator lets a program consent in your place.",
            next_step="Leave out --approve, or use `--with emulator`.",
        )

    async def consent(link: str) -> None:
        await approve(platform, link)

    token = await sign_in(
        platform,
        ports=ports.redirect_ports,
        open_link=consent if ports.approve else ports.open_link,
        pasted=ports.pasted,
        limit=ports.limit,
        on_problem=ports.on_problem,
        on_wait=ports.on_wait,
    )
    return Grant(token, platform)
