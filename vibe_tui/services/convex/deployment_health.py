"""How a deployment is: who it is, where it answers, what was pushed when, what it has used.

Source: the deployment API's `deployment_info`, `get_canonical_urls` and `get_current_usage`;
`_system/frontend/deploymentEvents:lastPushEvent`, `getVersion` and `getSchemas`, as the web dashboard asks.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Literal, get_args

from vibe_tui.services.convex.deployment_http import DeploymentHttp, DeploymentRefused
from vibe_tui.services.convex.schema import Schema, read_schema
from vibe_tui.services.http_errors import NotFound, NotPermitted
from vibe_tui.services.http_failures import wrong_shape
from vibe_tui.services.terminal_text import clean

Kind = Literal["cloud", "selfHosted"]
SeedStatus = Literal["pending", "partial", "complete", "failed"]


@dataclass(frozen=True, slots=True)
class DeploymentInfo:
    """The ids and what follows them are of Convex cloud: 0 and "" for any other deployment."""

    kind: Kind
    team_id: int = 0
    project_id: int = 0
    project_name: str = ""
    project_slug: str = ""
    id: int = 0
    type: str = ""
    """E.g. "dev" or "prod"."""
    reference: str = ""


@dataclass(frozen=True, slots=True)
class Metric:
    """What was used so far in the day and the month that it is, by the calendar."""

    name: str
    """E.g. "functionCalls"."""
    unit: str
    """E.g. "calls" or "GB"."""
    day: float
    month: float


@dataclass(frozen=True, slots=True)
class Usage:
    metrics: tuple[Metric, ...]
    seeded: SeedStatus
    """Anything but "complete": the numbers may be too small."""


@dataclass(frozen=True, slots=True)
class Health:
    info: DeploymentInfo
    url: str
    site_url: str
    version: str
    """Of the npm package `convex` that pushed last; "" before the first push, or when not told."""
    last_push: float | None
    """Milliseconds since the epoch; None before the first push, or when not told."""
    usage: Usage | None
    """None when this deployment does not tell, as self-hosted and emulated ones."""


async def health_of(http: DeploymentHttp) -> Health:
    """Raises HttpError."""
    answers = http.answers
    info = _info(http, await http.get("/api/v1/deployment_info"))
    urls = answers.mapping(await http.get("/api/v1/get_canonical_urls"))
    return Health(
        info,
        clean(answers.text(urls.get("convexCloudUrl"))),
        clean(answers.text(urls.get("convexSiteUrl"))),
        await _version(http),
        await _last_push(http),
        await _usage(http),
    )


async def deployed_schema(http: DeploymentHttp) -> Schema | None:
    """What documents are checked against now; None without a schema. Raises HttpError, DeploymentRefused."""
    answers = http.answers
    active = answers.mapping(await http.ask("_system/frontend/getSchemas")).get("active")
    if active is None:
        return None
    try:
        return read_schema(json.loads(answers.text(active)))
    except (ValueError, RecursionError) as error:  # SchemaUnreadable is a ValueError
        raise wrong_shape(answers.host) from error


def _info(http: DeploymentHttp, answer: object) -> DeploymentInfo:
    answers = http.answers
    given = answers.mapping(answer)
    kind = given.get("kind")
    if kind == "selfHosted":
        return DeploymentInfo("selfHosted")
    if kind != "cloud":
        raise wrong_shape(answers.host)
    return DeploymentInfo(
        "cloud",
        team_id=int(answers.number(given.get("teamId"))),
        project_id=int(answers.number(given.get("projectId"))),
        project_name=clean(answers.text(given.get("projectName") or "")),
        project_slug=clean(answers.text(given.get("projectSlug") or "")),
        id=int(answers.number(given.get("id"))),
        type=clean(answers.text(given.get("deploymentType"))),
        reference=clean(answers.text(given.get("reference") or "")),
    )


async def _version(http: DeploymentHttp) -> str:
    try:
        version = await http.ask("_system/frontend/getVersion")
    except DeploymentRefused:  # an older deployment, or one without that function
        return ""
    return "" if version is None else clean(http.answers.text(version))


async def _last_push(http: DeploymentHttp) -> float | None:
    try:
        event = await http.ask("_system/frontend/deploymentEvents:lastPushEvent")
    except DeploymentRefused:
        return None
    if event is None:
        return None
    return http.answers.number(http.answers.mapping(event).get("_creationTime"))


async def _usage(http: DeploymentHttp) -> Usage | None:
    try:
        answer = http.answers.mapping(await http.get("/api/v1/get_current_usage"))
    except (NotFound, NotPermitted):
        return None
    seeded = answer.get("seedStatus")
    if seeded not in get_args(SeedStatus):
        raise wrong_shape(http.answers.host)
    metrics = http.answers.mapping(answer.get("metrics"))
    return Usage(tuple(_metric(http, name, it) for name, it in sorted(metrics.items())), seeded)  # type: ignore[arg-type]


def _metric(http: DeploymentHttp, name: str, given: object) -> Metric:
    answers = http.answers
    item = answers.mapping(given)
    used = answers.mapping(item.get("usage"))
    day, month = (answers.number(used.get(window)) for window in ("current_day", "current_month"))
    return Metric(clean(name), clean(answers.text(item.get("unit"))), day, month)
