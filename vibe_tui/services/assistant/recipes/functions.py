"""The recipe that writes functions for a table: save, list, update, delete."""

from __future__ import annotations

import re
from dataclasses import dataclass

from vibe_tui.services.assistant.answerer import Files, Plan, Refusal
from vibe_tui.services.assistant.recipes import spoken
from vibe_tui.services.assistant.recipes.asking import DETERMINER, MAKE, TABLE, TABLE_END, pattern, said
from vibe_tui.services.assistant.recipes.backend import Backend
from vibe_tui.services.assistant.recipes.draft import Draft
from vibe_tui.services.assistant.recipes.shape import Shape
from vibe_tui.services.assistant.recipes.table_functions import MAKERS, TEXT_PATH
from vibe_tui.services.assistant.recipes.table_words import and_list
from vibe_tui.services.assistant.recipes.wanted_table import wanted_shape

ALL = ("save", "list", "update", "delete")
_VERBS = {
    "save": "save store create insert add send post write submit persist keep record",
    "list": "list get read fetch show load query retrieve return display see view",
    "update": "update edit change modify patch rename",
    "delete": "delete remove destroy erase",
}
_KIND = {verb: kind for kind, verbs in _VERBS.items() for verb in verbs.split()}
_VERB = rf"(?:{'|'.join(_KIND)})"


def _forms(verb: str) -> str:
    """The base of a verb's form: saving, saves, saved, deletes -> save, delete."""
    word = verb.lower()
    for end, instead in (
        ("ies", "y"),
        ("ing", ""),
        ("ing", "e"),
        ("ting", "t"),
        ("ding", "d"),
        ("s", ""),
        ("es", ""),
    ):
        if word.endswith(end) and word[: -len(end)] + instead in _KIND:
            return word[: -len(end)] + instead
    return word


_FORM = (
    r"(?:sav|stor|creat|insert|add|send|post|writ|submit|persist|keep|record|list|get|read|fetch|show|load|query"
    r"|retriev|return|display|see|view|updat|edit|chang|modif|patch|renam|delet|remov|destroy|eras)"
    r"(?:e|es|s|y|ies|ing|t?ting)?"
)
_FORMS = rf"(?P<verbs>{_FORM}(?:(?:\s*[,/&]\s*(?:and\s+)?|\s+and\s+){_FORM})*)"
_FUNCTION = r"(?:functions?|mutations?|quer(?:y|ies)|apis?|endpoints?|operations?)"
_PLACE = r"(?:\s+(?:to|in|into|from|on|for)\s+(?:the\s+)?(?:database|db|convex|backend|schema|table))?"
_WAYS = tuple(
    pattern(way)
    for way in (
        # Create a function to save user messages; add a mutation that deletes todos
        rf"{MAKE}{DETERMINER}(?:\w+\s+)?{_FUNCTION}\s+(?:(?:to|for|that|which)\s+(?:can\s+"
        r"|lets? (?:me|us|users|people)\s+)?)?"
        rf"{_FORMS}\s+{TABLE}{TABLE_END}{_PLACE}",
        # Add save and list functions for todos; write a delete mutation for the todos table
        rf"{MAKE}{DETERMINER}{_FORMS}\s+{_FUNCTION}\s+(?:for|to|on|of)\s+{TABLE}{TABLE_END}",
        # Let users save messages
        rf"(?:let|allow|enable)\s+(?:the\s+)?(?:users?|people|me|us|them|everyone|anyone)\s+(?:to\s+)?{_FORMS}\s+{TABLE}"
        rf"{TABLE_END}{_PLACE}",
        # Add CRUD for todos; add functions for the todos table; create a todos API
        rf"{MAKE}{DETERMINER}(?:crud(?:\s+{_FUNCTION})?|(?:all\s+)?(?:the\s+)?(?:usual\s+)?(?:functions|operations)|an?\s+api"
        rf"|api)\s+(?:for|to|on|of|around)\s+{TABLE}{TABLE_END}",
        rf"{MAKE}{DETERMINER}{TABLE}{TABLE_END}\s+(?:crud(?:\s+{_FUNCTION})?|functions)",
    )
)
_ONE_OR_MANY = re.compile(r"\s*[,/&]\s*(?:and\s+)?|\s+and\s+", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class _Request:
    kinds: tuple[str, ...]
    words: str


class WriteFunctions:
    abilities: tuple[tuple[str, str], ...] = (
        ("write a function that saves, lists, updates or deletes", "Create a function to save user messages"),
        ("write all four", "Add functions to save, list, update and delete todos"),
    )

    def plan(self, prompt: str, files: Files) -> Plan | Refusal | None:
        request = _read(prompt)
        if request is None:
            return None
        backend = Backend(Draft(files))
        shape = wanted_shape(backend, request.words)
        added = backend.add_functions(shape, request.kinds)
        names = and_list([MAKERS[kind](shape).name for kind in MAKERS if kind in request.kinds])
        if added:
            tell_functions(backend, shape, [code.name for code in added])
        return backend.draft.plan(
            f"Write {names} for {shape.table}", [f"Leave {names} in {shape.module} as it is: it is there."]
        )


def tell_functions(backend: Backend, shape: Shape, names: list[str]) -> None:
    """What the plan says of functions that were added."""
    draft = backend.draft
    draft.steps.append(f"Write {and_list(names)} in {shape.module}.")
    given = ", ".join(one.name for one in shape.given) or "nothing"
    if shape.save_name in names or "update" in names:
        draft.assume(f"A caller gives: {given}.")
    if any(one.is_text() and not one.optional for one in shape.given):
        draft.assume(f"Texts may not be empty, nor longer than 2000 characters ({TEXT_PATH}).")
    if not shape.auth:
        draft.assume(
            f"Anybody who has the app may use it on all {shape.many}. To have people sign in: “Add "
            "authentication with "
            "Google”."
        )
    elif shape.owner is not None:
        draft.assume(
            f"{spoken.title(shape.table)} belong to the user who made them ({shape.owner.name}), who "
            "alone changes and "
            "deletes them; everybody who is signed in sees them."
        )
    else:
        draft.assume(f"Everybody who is signed in may use it on all {shape.many}.")


def _read(prompt: str) -> _Request | None:
    sentence = said(prompt)
    found = next((match for way in _WAYS if (match := way.match(sentence))), None)
    if found is None:
        return None
    verbs = found.groupdict().get("verbs")
    if verbs is None:
        return _Request(ALL, found["table"])
    kinds = {_KIND.get(_forms(verb)) for verb in _ONE_OR_MANY.split(verbs)}
    if None in kinds:
        return None
    return _Request(tuple(kind for kind in ALL if kind in kinds), found["table"])
