"""A browser whose user decides at once: loads the consent page, presses a button, follows the redirect.

As a program: BROWSER="python tests/consenting_browser.py authorize"
"""

from __future__ import annotations

import html
import re
import sys
from typing import Any
from urllib.error import HTTPError
from urllib.parse import urlencode, urljoin
from urllib.request import (
    HTTPCookieProcessor,
    HTTPRedirectHandler,
    OpenerDirector,
    Request,
    build_opener,
    urlopen,
)


def consent(link: str, decision: str = "authorize", *, follow: bool = True) -> str:
    """Returns where the consent page sends the browser.

    follow=False: a browser on another computer, for which that address does not load.
    """
    browser = build_opener(HTTPCookieProcessor, _Stay)
    with browser.open(link) as answer:
        page = answer.read().decode()
    fields = dict(re.findall(r'<input type="hidden" name="([^"]*)" value="([^"]*)"', page))
    fields |= {"team": re.findall(r'<option value="([^"]*)"', page)[0], "decision": decision}
    form = urlencode({name: html.unescape(value) for name, value in fields.items()}).encode()
    origin = {"Origin": link[: link.index("/oauth")]}
    back = _redirect_of(
        browser, Request(urljoin(link, re.findall(r'action="([^"]*)"', page)[0]), form, origin)
    )
    if follow:
        try:
            urlopen(back).close()
        except HTTPError as answer:
            answer.close()  # the page that says that nothing was authorised
    return back


class _Stay(HTTPRedirectHandler):
    def redirect_request(self, *_: Any) -> None:
        return None


def _redirect_of(browser: OpenerDirector, request: Request) -> str:
    try:
        browser.open(request)
    except HTTPError as answer:
        with answer:
            return str(answer.headers["Location"])
    raise AssertionError("the consent page sent nobody anywhere")


if __name__ == "__main__":
    consent(sys.argv[2], sys.argv[1])
