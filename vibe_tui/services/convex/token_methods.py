"""Connecting to Convex cloud with an access token that the user has already; no OAuth application."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from urllib.parse import urlsplit

from vibe_tui.services.convex.connect import Grant, Platform, SignInPorts
from vibe_tui.services.convex.given_secret import PERSONAL_TOKEN, TEAM_TOKEN, SecretKind, given_secret
from vibe_tui.services.convex.journal import SignInKind
from vibe_tui.services.convex.push import DEFAULT_PROVISION_HOST
from vibe_tui.services.errors import VibeError
from vibe_tui.services.secret import Secret


class CliLoginMissing(VibeError):
    """The official CLI is not signed in on this computer."""

    code = "cli_login_missing"


class CliLoginRefused(VibeError):
    """The user did not let us use the CLI's login."""

    code = "cli_login_refused"


class _TokenMethod:
    asks: SecretKind | None = None

    def __init__(self, provision_host: str, dashboard_host: str) -> None:
        self._platform = Platform("cloud", provision_host.rstrip("/"), dashboard_host.rstrip("/"))

    def obstacle(self) -> VibeError | None:
        return None

    async def platform(self) -> Platform:
        return self._platform


class TeamTokenMethod(_TokenMethod):
    """A team access token, pasted."""

    name = "team-token"
    title = "Convex, with a team access token"
    needs = "a token from the team's settings at Convex (Access tokens)"
    sign_in: SignInKind = "team"
    asks: SecretKind | None = TEAM_TOKEN

    async def authorise(self, ports: SignInPorts) -> Grant:
        """Raises SecretMissing or SecretInvalid."""
        return Grant(await given_secret(ports, TEAM_TOKEN), self._platform)


class PersonalTokenMethod(_TokenMethod):
    """A personal access token, pasted; it opens every team of its owner."""

    name = "personal-token"
    title = "Convex, with a personal access token"
    needs = "a token from your user settings at Convex"
    sign_in: SignInKind = "personal"
    asks: SecretKind | None = PERSONAL_TOKEN

    async def authorise(self, ports: SignInPorts) -> Grant:
        """Raises SecretMissing or SecretInvalid."""
        return Grant(await given_secret(ports, PERSONAL_TOKEN), self._platform)


class CliLoginMethod(_TokenMethod):
    """The login that `npx convex login` left on this computer, which is a personal access token."""

    name = "cli-login"
    title = "Convex, with the login of its command line"
    needs = "that `npx convex login` was done on this computer"
    sign_in: SignInKind = "personal"

    def __init__(self, provision_host: str, dashboard_host: str, home: Path) -> None:
        super().__init__(provision_host, dashboard_host)
        folder = _folder_of(self._platform.provision_host)
        self._file = home / folder / "config.json" if folder else None

    def obstacle(self) -> VibeError | None:
        try:
            self._token()
        except CliLoginMissing as missing:
            return missing
        return None

    async def platform(self) -> Platform:
        """Raises CliLoginMissing."""
        await asyncio.to_thread(self._token)
        return self._platform

    async def authorise(self, ports: SignInPorts) -> Grant:
        """Raises CliLoginMissing or CliLoginRefused."""
        token = await asyncio.to_thread(self._token)
        if not await ports.agree(
            f"Use the login of the Convex command line ({self._file})? "
            "It opens everything that you can open at Convex, and a copy is kept until you disconnect."
        ):
            raise CliLoginRefused(
                "The login of the Convex command line was not used.",
                next_step="Agree to it (`--yes`), or connect in another way.",
            )
        return Grant(token, self._platform)

    def _token(self) -> Secret:
        if self._file is None:
            raise CliLoginMissing(
                f"The login of the Convex command line is not for {self._platform.provision_host}.",
                next_step="Connect with a token instead (`--with personal-token`).",
            )
        try:
            token = json.loads(self._file.read_bytes())["accessToken"]
        except (OSError, ValueError, RecursionError, KeyError, TypeError):
            token = None
        if not isinstance(token, str) or not token.isascii() or not token.isprintable() or not token.strip():
            raise CliLoginMissing(
                "The Convex command line is not signed in on this computer.",
                next_step="Run `npx convex login` first, or connect in another way.",
            )
        return Secret(token)


def _folder_of(provision_host: str) -> str:
    """Where the CLI keeps its login for this host; "" when it has none, so that it goes to no other.

    Source: rootDirectory in the CLI's utils.ts.
    """
    if provision_host == DEFAULT_PROVISION_HOST:
        return ".convex"
    parts = urlsplit(provision_host)
    if parts.scheme == "http" and parts.hostname == "127.0.0.1" and parts.port:
        return f".convex-test-{parts.port}"
    return ""
