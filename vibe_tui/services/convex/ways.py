"""The ways to connect, in one table for the command line and the page.

The modules that carry a way out are loaded when one is made: the command line reads only the names.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from vibe_tui.services.convex.connect import ConnectMethod, RunningEmulator
    from vibe_tui.services.convex.key_methods import KeyMethod
    from vibe_tui.services.convex.local_backend_host import LocalBackendHost
    from vibe_tui.services.errors import VibeError
    from vibe_tui.services.settings import ConvexSettings

NAMES = (
    "oauth",
    "cli-login",
    "emulator",
    "team-token",
    "personal-token",
    "deploy-key",
    "self-hosted",
    "local-backend",
)
"""As `--with` takes them. Of two that work equally well here the first is offered first."""


@dataclass(frozen=True, slots=True)
class Here:
    """What the ways use of this computer."""

    convex: ConvexSettings
    start_emulator: Callable[[], Awaitable[RunningEmulator]]
    """Start the emulator when it does not run."""
    user_home: Path
    """Where the official CLI keeps its login."""
    local_backend: LocalBackendHost
    reaches_here: bool = True
    """Whether the project's sandbox can reach what answers on this computer only."""


@dataclass(frozen=True, slots=True)
class Offer:
    """A way as it looks on this computer."""

    name: str
    title: str
    needs: str
    """One line: what the user must have."""
    obstacle: VibeError | None
    """Why it cannot work here."""
    asks: str
    """The secret that the user has to paste, e.g. "deploy key"; "": none."""
    makes_project: bool
    """Whether it makes or picks a Convex project; otherwise it opens one deployment."""
    remembers_teams: bool
    """Whether teams that were authorised before need no browser."""
    wants_address: bool


def method(name: str, here: Here, *, url: str = "") -> ConnectMethod | KeyMethod:
    """One of NAMES, ready to connect. url: where a backend of the user's own answers.

    Raises AddressInvalid.
    """
    from vibe_tui.services.convex.connect import EmulatorMethod, OAuthMethod
    from vibe_tui.services.convex.key_methods import DeployKeyMethod, SelfHostedMethod
    from vibe_tui.services.convex.local_backend import LocalBackendMethod
    from vibe_tui.services.convex.token_methods import CliLoginMethod, PersonalTokenMethod, TeamTokenMethod

    convex = here.convex
    hosts = (convex.provision_host, convex.dashboard_host)
    match name:
        case "oauth":
            return OAuthMethod(*hosts, convex.oauth_client_id, convex.oauth_client_secret)
        case "cli-login":
            return CliLoginMethod(*hosts, here.user_home)
        case "team-token":
            return TeamTokenMethod(*hosts)
        case "personal-token":
            return PersonalTokenMethod(*hosts)
        case "deploy-key":
            return DeployKeyMethod(*hosts)
        case "self-hosted":
            return SelfHostedMethod(url)
        case "local-backend":
            return LocalBackendMethod(here.local_backend)
    assert name == "emulator", name
    return EmulatorMethod(here.start_emulator)


def offers(here: Here) -> tuple[Offer, ...]:
    """All ways: first those that work at once, then those that need a secret pasted, last those that cannot
    work. Blocking: looks for files and programs."""
    from vibe_tui.services.convex.out_of_reach import out_of_reach

    found = [_offer(method(name, here, url=_ANY_ADDRESS)) for name in NAMES]
    if not here.reaches_here:
        found = [replace(offer, obstacle=out_of_reach(offer.name) or offer.obstacle) for offer in found]
    return tuple(sorted(found, key=lambda offer: 2 if offer.obstacle else 1 if offer.asks else 0))


_ANY_ADDRESS = "https://convex.example.com"
"""For looking only."""


def _offer(way: ConnectMethod | KeyMethod) -> Offer:
    from vibe_tui.services.convex.connect import OAuthMethod
    from vibe_tui.services.convex.key_methods import KeyMethod, SelfHostedMethod

    return Offer(
        way.name,
        way.title,
        way.needs,
        way.obstacle(),
        asks=way.asks.name if way.asks else "",
        makes_project=not isinstance(way, KeyMethod),
        remembers_teams=isinstance(way, OAuthMethod),
        wants_address=isinstance(way, SelfHostedMethod),
    )
