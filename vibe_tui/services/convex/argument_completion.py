"""What can be typed next in the JSON of a function's arguments, from its validators."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from vibe_tui.services.convex.validators import (
    Array,
    Constant,
    Object,
    Record,
    Scalar,
    Union,
    Validator,
)
from vibe_tui.services.terminal_text import clean

_TOKEN = re.compile(r'"(?:[^"\\\n]|\\.)*"?|[{}\[\]:,]|[^\s{}\[\]:,"]+')
_REST_OF_STRING = re.compile(r'[^"\\\n{}\[\]:,]*"')
_REST_OF_WORD = re.compile(r"[\w.+-]*")
_MOST = 50


@dataclass(frozen=True, slots=True)
class Completions:
    """texts: each takes the place of the text from `start` to `end` (character offsets)."""

    start: int
    end: int
    texts: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Token:
    text: str
    start: int
    end: int

    @property
    def is_string(self) -> bool:
        return self.text.startswith('"')

    @property
    def is_closed(self) -> bool:
        return self.is_string and len(self.text) > 1 and self.text.endswith('"')


@dataclass(slots=True)
class _Level:
    """An object or array that is open. validators: what it may be."""

    validators: tuple[Validator, ...]
    is_object: bool
    key: str | None = None
    """Of the value that comes next; None where a key belongs."""
    keys: set[str] = field(default_factory=set)

    def below(self) -> tuple[Validator, ...]:
        """What the value that comes next may be."""
        return tuple(inner for outer in self.validators for inner in _inner(outer, self.key))


def complete(validator: Validator, text: str, at: int) -> Completions:
    """What fits at character `at` of a text that need not be whole JSON yet. At most 50."""
    before = _tokens(text[:at])
    here = before.pop() if before and _is_being_typed(before[-1], at) else None
    start = here.start if here is not None else at
    end = at + _rest_of(here, text[at:])
    after = _tokens(text[end:])
    level = _level(validator, before)
    if level is None:
        return Completions(at, at, ())
    expects_value = not level.is_object or level.key is not None
    if here is None and before[-1].text not in (("[", ",", ":") if expects_value else ("{", ",")):
        return Completions(at, at, ())  # what belongs here is there already
    if expects_value:
        found = _fitting(_values(level.below()), text[start:at])
    else:
        names = _names(level.validators, level.keys | _keys_of(after))
        colon = "" if after and after[0].text == ":" else ": "
        found = [f"{name}{colon}" for name in _fitting(names, text[start:at])]
    return Completions(start, end, tuple(it for it in found if it != text[start:end])[:_MOST])


def _tokens(text: str) -> list[_Token]:
    return [_Token(found[0], found.start(), found.end()) for found in _TOKEN.finditer(text)]


def _is_being_typed(token: _Token, at: int) -> bool:
    return token.end == at and token.text not in "{}[]:," and not token.is_closed


def _rest_of(here: _Token | None, text: str) -> int:
    """How many characters of the text behind the cursor belong to the word or string before it."""
    if here is None:
        return 0
    found = (_REST_OF_STRING if here.is_string else _REST_OF_WORD).match(text)
    return found.end() if found is not None else 0


def _level(validator: Validator, tokens: Sequence[_Token]) -> _Level | None:
    """The innermost object or array that is open after these tokens."""
    levels: list[_Level] = []
    name = ""
    for token in tokens:
        level = levels[-1] if levels else None
        if token.text in ("{", "["):
            inside = level.below() if level is not None else tuple(_flat(validator))
            levels.append(_Level(inside, token.text == "{"))
        elif token.text in ("}", "]"):
            del levels[-1:]
        elif level is None or not level.is_object:
            continue
        elif token.text == ",":
            level.key = None
        elif token.text == ":":
            level.key = name if level.key is None else level.key
        elif token.is_string and level.key is None:
            name = _string(token)
            level.keys.add(name)
    return levels[-1] if levels else None


def _string(token: _Token) -> str:
    try:
        value = json.loads(token.text)
    except ValueError:
        return token.text.strip('"')
    return str(value)


def _keys_of(tokens: Sequence[_Token]) -> set[str]:
    """The keys of the object that these tokens go on with."""
    depth, found = 0, set()
    for index, token in enumerate(tokens):
        if token.text in ("{", "["):
            depth += 1
        elif token.text in ("}", "]"):
            depth -= 1
            if depth < 0:
                break
        elif token.text == ":" and depth == 0 and index and tokens[index - 1].is_string:
            found.add(_string(tokens[index - 1]))
    return found


def _flat(validator: Validator) -> Iterator[Validator]:
    """The members of unions, of unions in unions too."""
    if isinstance(validator, Union):
        for member in validator.members:
            yield from _flat(member)
    else:
        yield validator


def _inner(outer: Validator, key: str | None) -> Iterator[Validator]:
    match outer:
        case Array(items):
            yield from _flat(items)
        case Record(_, values):
            yield from _flat(values)
        case Object(fields):
            for one in fields:
                if one.name == key:
                    yield from _flat(one.validator)


def _names(validators: Sequence[Validator], taken: set[str]) -> list[str]:
    found: list[str] = []
    for validator in validators:
        if isinstance(validator, Object):
            found += [_json(it.name) for it in validator.fields if it.name not in taken]
        elif isinstance(validator, Record):
            keys = [it.value for it in _flat(validator.keys) if isinstance(it, Constant)]
            found += [_json(key) for key in keys if key not in taken]
    return list(dict.fromkeys(found))


def _values(validators: Sequence[Validator]) -> list[str]:
    found: list[str] = []
    for validator in validators:
        match validator:
            case Constant(value):
                found.append(_json(value))
            case Scalar("boolean"):
                found += ["true", "false"]
            case Scalar("null"):
                found.append("null")
    return list(dict.fromkeys(found))


def _fitting(texts: Sequence[str], typed: str) -> list[str]:
    """Those that begin with what was typed, then those that have it in them; its quote may be missing."""
    wanted = typed.strip('"').lower()
    begin = [text for text in texts if text.strip('"').lower().startswith(wanted)]
    return begin + [text for text in texts if wanted in text.lower() and text not in begin]


def _json(value: object) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return text if clean(text) == text else json.dumps(value)
