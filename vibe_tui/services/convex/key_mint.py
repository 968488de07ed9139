"""Making the deploy key: of our name, and for this deployment alone wherever Convex allows it."""

from __future__ import annotations

import time
from dataclasses import replace

from vibe_tui.services.convex.journal import connecting
from vibe_tui.services.convex.leftovers import delete_access_token, delete_deploy_key
from vibe_tui.services.convex.management import ManagementApi
from vibe_tui.services.convex.record import Record
from vibe_tui.services.http import OnWait
from vibe_tui.services.http_errors import ApiError, HttpError, NotFound, NotPermitted
from vibe_tui.services.secret import Secret

KEY_LIFE = 365 * 24 * 3600
"""Seconds after which the team access token and the narrow key expire by themselves, should nobody ever
disconnect."""


def _name_taken(error: HttpError) -> bool:
    """By a request of a try that was cut off, which was still at work when we looked for what it made."""
    return isinstance(error, ApiError) and error.status == 409


class KeyMint:
    """Makes the key of one saga."""

    def __init__(self, record: Record) -> None:
        self._record = record

    async def make(self, api: ManagementApi, on_wait: OnWait) -> Secret:
        """A deploy key of our name, minted with a team access token of our name so that it is narrow.

        It is stored, and whatever of our names was there before is gone.
        """
        record = self._record
        if record.journal.stage == "created":
            await record.enter(replace(record.journal, stage="narrowing"))
        else:  # an earlier attempt may have made either; what it made is not stored for certain
            record.show(connecting("keying"))
            await delete_deploy_key(api, record.journal)
        # Any other token than an OAuth one makes a key that opens the deployment alone.
        oauth = record.journal.sign_in == "oauth"
        expires = int((time.time() + KEY_LIFE) * 1000)
        team_token = await self._team_token(api, expires) if oauth else None
        narrow = team_token is not None or not oauth
        await record.note(
            replace(record.journal, stage="keying", narrow=narrow, key_expires=expires if narrow else 0)
        )
        key = await self._narrow_key(team_token, api, on_wait) if team_token is not None else None
        if key is None:
            key = await self._mint(api, api)
        await record.keep_deploy_key(key)
        await record.note(replace(record.journal, stage="keyed"))
        return key

    async def _narrow_key(self, team_token: Secret, api: ManagementApi, on_wait: OnWait) -> Secret | None:
        """None when Convex does not let the team access token make a key."""
        journal = self._record.journal
        async with ManagementApi(journal.provision_host, team_token, on_wait=on_wait) as narrow:
            try:
                return await self._mint(narrow, api)
            except (NotPermitted, NotFound):
                await self._record.note(replace(journal, narrow=False, key_expires=0))
                return None

    async def _team_token(self, api: ManagementApi, expires: int) -> Secret | None:
        """None when Convex does not let this sign-in make one."""
        journal = self._record.journal
        # Its name says only which app it is for, so a connection that was forgotten may have left one, too.
        await delete_access_token(api, journal)
        try:
            try:
                token = await api.create_access_token(journal.team_id, journal.token_name, expires)
            except HttpError as error:
                if not error.answer_lost and not _name_taken(error):
                    raise
                if not await delete_access_token(api, journal) and not error.answer_lost:
                    raise
                token = await api.create_access_token(journal.team_id, journal.token_name, expires)
        except (NotPermitted, NotFound):
            return None
        await self._record.keep_team_token(token)
        return token

    async def _mint(self, minter: ManagementApi, api: ManagementApi) -> Secret:
        journal = self._record.journal
        name, expires = journal.key_name, journal.key_expires or None
        try:
            return await minter.create_deploy_key(journal.deployment, name, expires)
        except HttpError as error:
            if not error.answer_lost and not _name_taken(error):
                raise
            if not await delete_deploy_key(api, journal) and not error.answer_lost:
                raise
        return await minter.create_deploy_key(journal.deployment, name, expires)
