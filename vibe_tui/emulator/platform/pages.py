"""Answers that are pages: what every one of them forbids the browser."""

from __future__ import annotations

from aiohttp import web


def page(html: str, *, status: int = 200, form_action: str = "'none'") -> web.Response:
    """No scripts, no frames, nothing kept.

    form_action: where the page's form may lead, redirects included, as browsers check those too.
    """
    response = web.Response(text=html, content_type="text/html", status=status)
    response.headers.update(
        {
            "Content-Security-Policy": (
                f"default-src 'none'; style-src 'self'; form-action {form_action}; "
                "base-uri 'none'; frame-ancestors 'none'"
            ),
            "X-Frame-Options": "DENY",
            "X-Content-Type-Options": "nosniff",
            "Cache-Control": "no-store",
            # Not no-referrer: with that a browser sends "Origin: null" with our own form.
            "Referrer-Policy": "same-origin",
        }
    )
    return response
