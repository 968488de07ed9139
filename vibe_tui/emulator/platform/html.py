"""HTML that escapes by construction: a plain text given to :func:`h` is never markup."""

from __future__ import annotations

from html import escape

_VOID = frozenset({"input", "link", "meta"})


class Html(str):
    """Markup made by :func:`h`."""

    __slots__ = ()


def h(name: str, /, *children: str, **attributes: str | bool) -> Html:
    """An element. `class_` stands for `class`; an attribute that is True has no value, False is left out."""
    written = "".join(
        f" {key.rstrip('_').replace('_', '-')}" + ("" if value is True else f'="{escape(str(value))}"')
        for key, value in attributes.items()
        if value is not False
    )
    if name in _VOID:
        return Html(f"<{name}{written}>")
    inside = "".join(child if isinstance(child, Html) else escape(child) for child in children)
    return Html(f"<{name}{written}>{inside}</{name}>")


def document(title: str, *body: str) -> str:
    head = h(
        "head",
        h("meta", charset="utf-8"),
        h("meta", name="viewport", content="width=device-width"),
        h("title", f"{title} · Emulated Convex"),
        h("link", rel="stylesheet", href="/static/emulator.css"),
    )
    banner = h("p", "Emulated Convex on this computer, not Convex cloud", class_="banner")
    return "<!doctype html>" + h("html", head, h("body", banner, h("main", *body)), lang="en")
