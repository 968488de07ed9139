"""Identifiers as words, and words as one thing or many."""

from __future__ import annotations

import re

_HUMP = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|_")
_IRREGULAR = {"people": "person", "children": "child", "men": "man", "women": "woman", "statuses": "status"}
_SAME = ("series", "species", "news", "data", "media", "status", "address", "progress", "access", "feedback")
_ENDINGS = (
    ("ies", "y"),
    ("sses", "ss"),
    ("shes", "sh"),
    ("ches", "ch"),
    ("xes", "x"),
    ("ses", "se"),
    ("s", ""),
)
_PLURALS = (("ss", "sses"), ("sh", "shes"), ("ch", "ches"), ("x", "xes"), ("s", "ses"))
_VOWELS = "aeiou"
_SOUNDS_LIKE_YOU = ("us", "uni", "eu", "one")


def words(name: str) -> str:
    """blogPosts -> "blog posts"."""
    return _HUMP.sub(" ", name).strip().lower()


def title(name: str) -> str:
    """blogPosts -> "Blog posts"."""
    return words(name).capitalize()


def pascal(name: str) -> str:
    """blogPosts -> BlogPosts, blog_posts -> BlogPosts."""
    return "".join(part[:1].upper() + part[1:] for part in name.split("_"))


def camel(name: str) -> str:
    """blog_posts -> blogPosts, Messages -> messages."""
    whole = pascal(name)
    return whole[:1].lower() + whole[1:]


def singular(word: str) -> str:
    """messages -> message, categories -> category; the last word of several, the rest stays."""
    head, last = _last_word(word)
    lowered = last.lower()
    if lowered in _IRREGULAR:
        return head + _IRREGULAR[lowered]
    if lowered in _SAME or lowered.endswith("ss"):
        return word
    for end, instead in _ENDINGS:
        if lowered.endswith(end) and len(last) > len(end) + 1:
            return head + last[: -len(end)] + instead
    return word


def plural(word: str) -> str:
    """message -> messages, category -> categories; what is one already stays."""
    head, last = _last_word(word)
    lowered = last.lower()
    if lowered in _SAME[:5] or singular(word) != word:
        return word
    if irregular := next((many for many, one in _IRREGULAR.items() if one == lowered), None):
        return head + irregular
    if lowered.endswith("y") and lowered[-2:-1] not in _VOWELS:
        return word[:-1] + "ies"
    return next((word[: -len(end)] + many for end, many in _PLURALS if lowered.endswith(end)), word + "s")


def article(noun: str) -> str:
    """ "an order", "a message"."""
    begins = noun.lower()
    return f"{'an' if begins[:1] in _VOWELS and not begins.startswith(_SOUNDS_LIKE_YOU) else 'a'} {noun}"


def one_of(table: str) -> str:
    """What a document of `table` is called: messages -> message, blogPosts -> "blog post"."""
    return singular(words(table))


def _last_word(word: str) -> tuple[str, str]:
    place = max(word.rfind(" ") + 1, *(found.start() for found in re.finditer("[A-Z]", word)), 0)
    return word[:place], word[place:]
