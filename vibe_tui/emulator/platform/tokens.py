"""Credentials: how they are made, found and revoked, and which deployments they open."""

from __future__ import annotations

import hashlib
import secrets
from typing import Any

from vibe_tui.emulator.platform.records import Token, TokenKind, now
from vibe_tui.emulator.platform.state import State


def secret_of(value: str) -> str:
    """The part that counts: `team:slug|SECRET`, `dev:name|SECRET` and `SECRET` are the same credential."""
    return value.rpartition("|")[2].strip()


def digest_of(value: str) -> str:
    return hashlib.sha256(secret_of(value).encode(errors="replace")).hexdigest()


def mint(state: State, kind: TokenKind, *, name: str, team_id: int, **more: Any) -> str:
    """Add a new token to the state and return its secret, which is kept nowhere else."""
    secret = secrets.token_urlsafe(32)
    _add(state, kind, digest_of(secret), name=name, team_id=team_id, **more)
    return secret


def alias(state: State, token: Token, *, name: str, **more: Any) -> None:
    """List an OAuth token as a deploy key, too. It adds no credential: the value is the token's own."""
    _add(state, "oauth deploy key", token.digest, name=name, team_id=token.team_id, **more)


def _add(state: State, kind: TokenKind, digest: str, **more: Any) -> None:
    state.tokens.append(Token(id=state.new_id(), kind=kind, digest=digest, created=now(), **more))


def find(state: State, value: str) -> Token | None:
    """The living token with this value, or None."""
    digest = digest_of(value)
    for token in state.tokens:
        if token.digest == digest and token.kind != "oauth deploy key" and token.alive:
            return token
    return None


def revoke(state: State, digest: str) -> None:
    """Also forgets the deploy keys that were this token under another name."""
    state.tokens = [token for token in state.tokens if token.digest != digest]


def opens_project(token: Token, *, team_id: int, project_id: int) -> bool:
    """Whether it may read and change this project (a deploy key may not)."""
    if token.kind in ("oauth team", "team"):
        return token.team_id == team_id
    return token.kind == "oauth project" and token.project_id == project_id


def may_administer(state: State, deployment: str, key: str) -> bool:
    """Whether `key` (what follows "Authorization: Convex ") opens the deployment of that name."""
    token = find(state, key)
    record = state.deployment(deployment)
    if token is None or record is None:
        return False
    if token.kind == "deployment":
        return token.deployment == deployment
    project = state.project_of(record)
    return opens_project(token, team_id=project.team_id, project_id=project.id)
