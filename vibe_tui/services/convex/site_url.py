"""Where a deployment serves its HTTP actions."""

from __future__ import annotations

from vibe_tui.services.http import Api, OnWait
from vibe_tui.services.http_errors import NotFound
from vibe_tui.services.http_failures import host_name, not_the_api, wrong_shape
from vibe_tui.services.secret import Secret

_CLOUD = ".convex.cloud"


async def site_url_of(url: str, key: Secret, on_wait: OnWait, *, must_answer: bool = False) -> str:
    """Convex cloud derives it from the name; others are asked, and "" means that they do not tell.

    must_answer: ask in any case; whoever does not know the question is not a backend that can be used.
    Raises HttpError, also when the deployment does not take the key.
    """
    if url.endswith(_CLOUD) and not must_answer:
        return url.removesuffix(_CLOUD) + ".convex.site"
    async with Api(url, key, scheme="Convex", on_wait=on_wait) as deployment:
        try:
            answer = await deployment.get("/api/v1/get_canonical_urls")
        except NotFound as error:
            if must_answer:
                raise not_the_api(host_name(url), "that it knows no such path") from error
            return ""
    site_url = answer.get("convexSiteUrl") if isinstance(answer, dict) else None
    if not isinstance(site_url, str) or not site_url.isascii() or not site_url.isprintable():
        raise wrong_shape(url)
    return site_url
