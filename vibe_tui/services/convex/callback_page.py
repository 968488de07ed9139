"""The page a browser sees when it comes back from a sign-in. Static: nothing of the request is in it."""

from __future__ import annotations

from base64 import b64encode
from hashlib import sha256

_STYLE = (
    "body{font:1.1rem/1.5 system-ui,sans-serif;max-width:32rem;margin:20vh auto;padding:0 1rem;"
    "color:#1c1c1c;background:#faf9f7}h1{font-size:1.4rem}"
    "@media(prefers-color-scheme:dark){body{color:#eee;background:#161616}}"
)

_PAGES = {
    200: ("OK", "Signed in", "You can close this tab and go back to the terminal."),
    403: ("Forbidden", "Not signed in", "Nothing was authorised. Go back to the terminal to try again."),
    400: ("Bad Request", "Not this sign-in", "Go back to the terminal and open the link it shows."),
    404: ("Not Found", "Nothing here", "Go back to the terminal."),
    405: ("Method Not Allowed", "Nothing here", "Go back to the terminal."),
    410: ("Gone", "Already used", "This link was used before. Go back to the terminal."),
    421: ("Misdirected Request", "Nothing here", "Go back to the terminal."),
}


def page(status: int) -> bytes:
    """A whole HTTP/1.1 response; the connection ends with it."""
    reason, title, text = _PAGES[status]
    body = (
        f'<!doctype html><html lang="en"><meta charset="utf-8"><title>{title} - vibe-tui</title>'
        f"<style>{_STYLE}</style><h1>{title}</h1><p>{text}</p></html>"
    ).encode()
    style = b64encode(sha256(_STYLE.encode()).digest()).decode()
    head = [
        f"HTTP/1.1 {status} {reason}",
        "Content-Type: text/html; charset=utf-8",
        f"Content-Length: {len(body)}",
        "Connection: close",
        "Cache-Control: no-store",
        "Referrer-Policy: no-referrer",
        "X-Content-Type-Options: nosniff",
        "X-Frame-Options: DENY",
        f"Content-Security-Policy: default-src 'none'; style-src 'sha256-{style}'",
        *(["Allow: GET"] if status == 405 else []),
    ]
    return "\r\n".join([*head, "", ""]).encode() + body
