"""Connecting with the key of a deployment that is there already: nothing is made at Convex."""

from __future__ import annotations

import ipaddress
import re
from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import urlsplit

from vibe_tui.services.convex.cli_api import CliApi
from vibe_tui.services.convex.connect import SignInPorts
from vibe_tui.services.convex.given_secret import ADMIN_KEY, SecretInvalid, SecretKind, given_secret
from vibe_tui.services.convex.site_url import site_url_of
from vibe_tui.services.errors import UsageError, VibeError
from vibe_tui.services.http_errors import NotFound, NotPermitted, SignedOut
from vibe_tui.services.http_failures import host_name, is_loopback
from vibe_tui.services.model import BackendKind
from vibe_tui.services.secret import Secret
from vibe_tui.services.terminal_text import clean

_OF_A_DEPLOYMENT = re.compile(r"(?:dev|custom):([A-Za-z0-9-]+)\|.+")
_WHY_NOT = {
    "prod": "It is a production key, and the dev server would deploy every change to production with it.",
    "preview": "It is a key that makes preview deployments.",
    "project": "It opens a project, not one deployment.",
    "team": "It opens a team, not one deployment.",
}


def _deployment_of(key: str) -> str:
    """The name in the key. Raises SecretInvalid for a key that is not for the dev server."""
    found = _OF_A_DEPLOYMENT.fullmatch(key)
    if found:
        return found.group(1)
    why = _WHY_NOT.get(key.partition(":")[0], "A deploy key begins with dev:NAME|.")
    raise SecretInvalid(
        f"This key cannot be used here. {why}", next_step="Copy the deploy key of a dev deployment."
    )


def _for_the_dev_server(key: str) -> None:
    _deployment_of(key)


DEPLOY_KEY = SecretKind("deploy key", _for_the_dev_server)


class AddressInvalid(UsageError):
    """An address that a deployment's key cannot be sent to."""

    code = "address_invalid"


class GivenKeyRefused(SignedOut):
    """The key does not open what it was given for."""

    code = "given_key_refused"


@dataclass(frozen=True, slots=True)
class Opened:
    """A deployment that the user's key opens."""

    key: Secret
    provision_host: str
    dashboard_host: str
    """"" when we know of no dashboard."""
    deployment: str
    url: str
    site_url: str
    team_id: int = 0
    team: str = ""
    project_id: int = 0
    project: str = ""
    key_name: str = ""
    """Our name for the key; "": it is the user's."""


class KeyMethod(ABC):
    """One way to connect with a key that the user has."""

    name: str
    """What `--with` takes."""
    title: str
    needs: str
    """One line: what the user must have."""
    kind: BackendKind
    asks: SecretKind | None
    """What it asks the user for; None: nothing."""

    def obstacle(self) -> VibeError | None:
        """See ConnectMethod.obstacle."""
        return None

    @abstractmethod
    async def open(self, ports: SignInPorts, on_key: Callable[[], None]) -> Opened:
        """Ask for the key and look what it opens. on_key: called when there is one.

        Raises SecretMissing, SecretInvalid, HttpError.
        """


class DeployKeyMethod(KeyMethod):
    """A deploy key from the dashboard."""

    name = "deploy-key"
    title = "A Convex deployment, with its deploy key"
    needs = "a deploy key of a dev deployment, from its settings at Convex"
    kind: BackendKind = "cloud"
    asks = DEPLOY_KEY

    def __init__(self, provision_host: str, dashboard_host: str) -> None:
        self._host = provision_host.rstrip("/")
        self._dashboard_host = dashboard_host.rstrip("/")

    async def open(self, ports: SignInPorts, on_key: Callable[[], None]) -> Opened:
        key = await given_secret(ports, DEPLOY_KEY)
        deployment = _deployment_of(key.reveal())
        on_key()
        try:
            async with CliApi(self._host, key, on_wait=ports.on_wait) as api:
                url = await api.url_for_key()
                owner = await api.owner_of_key()
            site_url = await site_url_of(url, key, ports.on_wait)
        except (SignedOut, NotPermitted, NotFound) as error:
            raise _refused(error, "Make a new one in the deployment's settings at Convex.") from error
        return Opened(
            key,
            self._host,
            self._dashboard_host,
            deployment,
            url,
            site_url,
            owner.team_id,
            owner.team,
            owner.project_id,
            owner.project,
        )


class SelfHostedMethod(KeyMethod):
    """A Convex backend that the user runs."""

    name = "self-hosted"
    title = "A Convex backend of your own"
    needs = "its address, and its admin key"
    kind: BackendKind = "self-hosted"
    asks = ADMIN_KEY

    def __init__(self, url: str) -> None:
        """Raises AddressInvalid."""
        self._url = _address(url)

    async def open(self, ports: SignInPorts, on_key: Callable[[], None]) -> Opened:
        key = await given_secret(ports, ADMIN_KEY)
        on_key()
        try:
            site_url = await site_url_of(self._url, key, ports.on_wait, must_answer=True)
        except (SignedOut, NotPermitted) as error:
            raise _refused(error, "Make a new one with the backend's `generate_admin_key`.") from error
        # An admin key begins with the name of its instance.
        name, _, secret = key.reveal().partition("|")
        deployment = clean(name)[:100] if secret else host_name(self._url)
        return Opened(key, self._url, "", deployment, self._url, site_url)


def _address(url: str) -> str:
    """A key goes in clear over plain http, so that is for this computer and private networks alone."""
    try:
        parts = urlsplit(url)
        _ = parts.port  # raises when it is no number
        whole = bool(parts.hostname) and not (parts.username or parts.query or parts.fragment)
    except ValueError:
        whole = False
    if not whole or parts.scheme not in ("http", "https") or not url.isascii() or not url.isprintable():
        raise AddressInvalid(
            "That is not the address of a Convex backend.",
            next_step="It looks like this: https://convex.example.com",
        )
    if parts.scheme == "http" and not is_loopback(url) and not _is_private(parts.hostname or ""):
        raise AddressInvalid(
            "The admin key would cross the network readable for everybody.",
            next_step="Use https, or http with an address of your private network.",
        )
    return url.rstrip("/")


def _is_private(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_private
    except ValueError:
        return False


def _refused(error: SignedOut | NotPermitted | NotFound, next_step: str) -> GivenKeyRefused:
    return GivenKeyRefused(
        "The key is not accepted: it is unknown, revoked, or for another deployment.",
        status=error.status,
        api_code=error.api_code,
        next_step=next_step,
    )
