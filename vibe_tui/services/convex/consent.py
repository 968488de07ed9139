"""Consenting to a sign-in in the user's place, as a browser would: for the emulator alone."""

from __future__ import annotations

from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import TYPE_CHECKING
from urllib.parse import urljoin, urlsplit

from vibe_tui.services.convex.callback_listener import CALLBACK_PATH
from vibe_tui.services.errors import VibeError
from vibe_tui.services.http import client_options
from vibe_tui.services.http_failures import failures_of, host_name, is_loopback

if TYPE_CHECKING:
    from vibe_tui.services.convex.connect import Platform


class ConsentFailed(VibeError):
    """The consent page was not what we know, or refused."""

    code = "consent_failed"


async def approve(platform: Platform, authorize_url: str) -> None:
    """Load the emulator's consent page, press its Authorize button and follow the redirect to our listener.

    Raises ConsentFailed, or HttpError when the emulator does not answer.
    """
    import httpx2

    if platform.kind != "emulator" or not is_loopback(platform.dashboard_host):
        raise ConsentFailed("Only the emulator on this computer lets a program consent in your place.")
    host = platform.dashboard_host
    options = client_options(host, accept="text/html")
    async with failures_of(host), httpx2.AsyncClient(**options) as browser:
        shown = await browser.get(authorize_url)
        form = _form_of(shown.text)
        if shown.status_code != 200 or form is None:
            raise _unexpected(host, f"showed no consent page (status {shown.status_code})")
        target = urljoin(authorize_url, form.action) if form.action else authorize_url
        if urlsplit(target)[:2] != urlsplit(authorize_url)[:2]:
            raise _unexpected(host, "wants the consent sent to another host")
        sent = await browser.post(
            target,
            data={**form.values, "decision": "authorize"},
            headers={"Origin": host, "Referer": authorize_url},
        )
        back = sent.headers.get("location", "")
        if (
            sent.status_code not in (302, 303)
            or not is_loopback(back)
            or urlsplit(back).path != CALLBACK_PATH
        ):
            raise _unexpected(host, f"did not take the consent (status {sent.status_code})")
        await browser.get(back)


def _unexpected(host: str, what: str) -> ConsentFailed:
    return ConsentFailed(
        f"The emulator at {host_name(host)} {what}.",
        next_step="Connect without --approve and consent in the browser.",
    )


@dataclass
class _Form:
    action: str
    values: dict[str, str] = field(default_factory=dict)


def _form_of(html: str) -> _Form | None:
    """The values that the page's first form sends when nothing in it is changed, buttons left out."""
    reader = _FormReader()
    reader.feed(html)
    reader.close()
    return reader.form


class _FormReader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.form: _Form | None = None
        self._inside = False
        self._select = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "form" and self.form is None:
            self.form = _Form(given.get("action", ""))
            self._inside = True
        if not self._inside or self.form is None:
            return
        values, name = self.form.values, given.get("name", "")
        if tag == "input" and name and self._sends(given):
            values[name] = given.get("value", "on" if given.get("type") in ("radio", "checkbox") else "")
        elif tag == "select":
            self._select = name
        elif tag == "option" and self._select and ("selected" in given or self._select not in values):
            values[self._select] = given.get("value", "")

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._inside = False
        elif tag == "select":
            self._select = ""

    @staticmethod
    def _sends(given: dict[str, str]) -> bool:
        kind = given.get("type", "text")
        if kind in ("radio", "checkbox"):
            return "checked" in given
        return kind not in ("submit", "button", "image", "reset", "file")
