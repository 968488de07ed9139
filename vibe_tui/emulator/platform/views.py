"""Rows as the Management API shows them (`management-openapi.json`, components)."""

from __future__ import annotations

from typing import Any

from vibe_tui.emulator.hosting import Hosting
from vibe_tui.emulator.platform.records import DeploymentRecord, Project, Token
from vibe_tui.emulator.platform.state import State

REGION = "aws-us-east-1"
"""The spec wants one of its regions; the emulator runs on this computer."""
DEPLOYMENT_CLASS = "emulated"
MEMBER_ID = 1
"""The emulator has one member: the user of this computer."""


def project(state: State, row: Project) -> dict[str, Any]:
    """ProjectResponse."""
    view: dict[str, Any] = {
        "id": row.id,
        "name": row.name,
        "slug": row.slug,
        "teamId": row.team_id,
        "teamSlug": state.team_of(row).slug,
        "createTime": row.created,
    }
    for kind in ("dev", "prod"):
        default = state.default_deployment(row.id, kind)
        if default is not None:
            view[f"{kind}DeploymentName"] = default.name
    return view


def deployment_url(row: DeploymentRecord, hosting: Hosting) -> str:
    running = hosting.running(row.name)
    return running.url if running is not None else f"http://127.0.0.1:{row.port}"


def deployment(row: DeploymentRecord, hosting: Hosting) -> dict[str, Any]:
    """PlatformDeploymentResponse, the cloud variant."""
    return {
        "kind": "cloud",
        "id": row.id,
        "name": row.name,
        "createTime": row.created,
        "deploymentType": row.type,
        "projectId": row.project_id,
        "creator": MEMBER_ID,
        "region": REGION,
        "isDefault": row.is_default,
        "reference": row.reference,
        "deploymentUrl": deployment_url(row, hosting),
        "class": DEPLOYMENT_CLASS,
        "expiresAt": row.expires,
    }


def access_token(row: Token) -> dict[str, Any]:
    """TeamAccessTokenResponse; a deploy key has two fields more (PlatformDeployKeyResponse)."""
    return {
        "id": row.id,
        "name": row.name,
        "creationTime": row.created,
        "expiresAt": row.expires,
        "creator": MEMBER_ID,
    }


def deploy_key(row: Token) -> dict[str, Any]:
    return {**access_token(row), "allowedActions": row.allowed_actions}


def page(items: list[dict[str, Any]], cursor: str | None) -> dict[str, Any]:
    """One page of a list; `cursor` leads to the next, None after the last."""
    pagination = {"hasMore": False} if cursor is None else {"hasMore": True, "nextCursor": cursor}
    return {"items": items, "pagination": pagination}
