"""OAuth sign-ins in the credential store that several projects share.

A team that was authorised before needs no browser for the next project. Each project has its own copy of
the token; the one kept for the team goes with the last project that uses it. Blocking: call it in a thread.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from vibe_tui.services.http_failures import host_name
from vibe_tui.services.secret import Secret

if TYPE_CHECKING:
    from vibe_tui.services.credentials import Credentials

_OF_PROJECTS = "project/"
_SIGN_IN = "/oauth"


class TeamSignIns:
    """The teams of one platform that were authorised before."""

    def __init__(self, credentials: Credentials, provision_host: str) -> None:
        self._credentials = credentials
        self._prefix = f"team/{host_name(provision_host)}/"

    def teams(self) -> list[str]:
        """Their slugs."""
        return [ref.removeprefix(self._prefix) for ref in self._credentials.refs(self._prefix)]

    def get(self, team: str) -> Secret | None:
        return self._credentials.get(self._prefix + team)

    def remember(self, team: str, token: Secret) -> None:
        if self.get(team) != token:
            self._credentials.set(self._prefix + team, token)

    def forget(self, token: Secret) -> None:
        """Forget the team of this token, if it is a remembered one."""
        for team in self.teams():
            if self.get(team) == token:
                self._credentials.delete(self._prefix + team)

    def used_elsewhere(self, token: Secret, own_ref: str) -> bool:
        """Whether another project than that of `own_ref` signed in with the same token."""
        refs = [ref for ref in self._credentials.refs(_OF_PROJECTS) if ref.endswith(_SIGN_IN)]
        return any(self._credentials.get(ref) == token for ref in refs if ref != own_ref)
