"""Words that several recipes look for in a prompt. A prompt is matched whole, or it is not a recipe's."""

from __future__ import annotations

import re
from collections.abc import Iterable
from contextlib import suppress

from vibe_tui.services.assistant.recipes import spoken
from vibe_tui.services.assistant.recipes.names import BadName, identifier
from vibe_tui.services.assistant.recipes.recipe import Unclear
from vibe_tui.services.assistant.recipes.sentence import LONGEST, normal
from vibe_tui.services.assistant.recipes.sentence_grammar import NOT_IN_NAMES


class NotATable(Unclear):
    """Words that stand where a table's name was expected."""

    code = "not_a_table"


_POLITE = re.compile(
    r"(?:(?:hi|hello|hey|please|now|then|also|ok|okay|so|and|next)\b[,!.]?\s+)*"
    r"(?:(?:(?:can|could|would|will) you|(?:i|we)(?:'d like| would like| want| need)(?: you)? to"
    r"|help me(?: to)?|let'?s)\s+(?:please\s+)?)?",
    re.IGNORECASE,
)
MAKE = (
    r"(?:(?:add|create|make|build|write|generate|implement|define|introduce|set ?up|give me|new"
    r"|(?:i|we)(?:'d like| would like| want| need))\s+)"
)
"""The verb of a wish, with the space after it."""
DETERMINER = r"(?:(?:me|us|a|an|the|my|our|some|new|another|simple|basic|convex|backend|server)\s+)*"
TABLE = r"(?P<table>[\w$-]+(?: [\w$-]+){0,3}?)"
"""Words that name a table; table_in() finds which."""
TABLE_END = (
    r"(?:\s+(?:database\s+|db\s+)?(?:tables?|documents?|rows?|records?|entries|items|list|collection))?"
)

_WORDS_BEFORE = re.compile(
    r"(?:(?:the|a|an|all|any|each|every|my|our|their|your|his|her|its|new|old|existing|single|one|some|these"
    r"|this|that|users?'?s?'?|people'?s?|everyone'?s?|saved|stored|latest|newest|recent|last|my|all of)\s+)+",
    re.IGNORECASE,
)


def said(prompt: str) -> str:
    """The prompt in one line, without politeness; "" for one that is too long."""
    if len(prompt) > LONGEST:
        return ""
    sentence = normal(prompt)
    return sentence[_polite_end(sentence) :]


def _polite_end(sentence: str) -> int:
    found = _POLITE.match(sentence)
    return found.end() if found else 0


def pattern(text: str) -> re.Pattern[str]:
    """`text` for a whole sentence."""
    return re.compile(rf"(?:{text})\Z", re.IGNORECASE)


def table_names(words: str) -> list[str]:
    """The names that `words` may mean, the likeliest first: "user messages" -> userMessages, messages, …

    Only words that change nothing are left out: "unread messages" are not messages. Raises NotATable.
    """
    if NOT_IN_NAMES.search(_plain(words)):
        raise NotATable(
            f"Built-in recipes cannot read “{words.strip()}” as a table's name.",
            next_step="Name one table, e.g. “Create a function to save messages”.",
        )
    names: list[str] = []
    for part in dict.fromkeys((_bare(words), _plain(words))):
        with suppress(BadName):
            name = identifier(part)
            names += [name, spoken.plural(name), spoken.singular(name)]
    return list(dict.fromkeys(names))


def table_in(words: str, tables: Iterable[str]) -> str | None:
    """Which of `tables` the words mean."""
    known = {name.lower(): name for name in tables}
    return next((known[name.lower()] for name in table_names(words) if name.lower() in known), None)


def new_table_name(words: str) -> str:
    """The name of a table for `words` that mean none yet: "user messages" -> messages. Raises BadName."""
    return spoken.plural(identifier(_plain(words)))


def _bare(words: str) -> str:
    return words.strip().strip("`\"'")


def _plain(words: str) -> str:
    return _WORDS_BEFORE.sub("", _bare(words))
