"""Names for tables and fields, made from words."""

from __future__ import annotations

import re

from vibe_tui.services.assistant.recipes.recipe import Unclear

_VALID = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,63}\Z")


class BadName(Unclear):
    """A name that Convex would not take."""

    code = "bad_name"


def identifier(words: str) -> str:
    """`words` as an identifier: "Blog posts" → blogPosts; what is one already stays (blog_posts).

    Raises BadName.
    """
    if words.startswith(("_", "$")):
        raise BadName(
            f"“{words}” cannot be a name: names that begin with _ or $ are Convex's own.",
            next_step="Choose a name that begins with a letter.",
        )
    parts = [part for part in re.split(r"[\s\-]+", words) if part]
    name = "".join(
        _lower(part) if place == 0 else part[:1].upper() + part[1:] for place, part in enumerate(parts)
    )
    if not _VALID.match(name):
        raise BadName(
            f"“{words}” cannot be a name: Convex takes at most 64 letters (a to z), digits and underscores, "
            "beginning with a letter.",
            next_step="Choose another name.",
        )
    return name


def _lower(word: str) -> str:
    """The first word of a camelCase name: Users → users, URL → url, isDone stays."""
    return word.lower() if word[:2].isupper() else word[:1].lower() + word[1:]
