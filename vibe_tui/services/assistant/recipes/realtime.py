"""The recipe that makes tables live: a list function, a save function, and a screen that subscribes."""

from __future__ import annotations

from vibe_tui.services.assistant.answerer import Files, Plan, Refusal
from vibe_tui.services.assistant.recipes import spoken
from vibe_tui.services.assistant.recipes.app_files import list_screen, put_parts
from vibe_tui.services.assistant.recipes.asking import DETERMINER, MAKE, TABLE, TABLE_END, pattern, said
from vibe_tui.services.assistant.recipes.backend import Backend
from vibe_tui.services.assistant.recipes.code_file import CodeFile
from vibe_tui.services.assistant.recipes.draft import Draft
from vibe_tui.services.assistant.recipes.functions import tell_functions
from vibe_tui.services.assistant.recipes.screen_code import has_form, screen_code, screen_path
from vibe_tui.services.assistant.recipes.shape import Shape
from vibe_tui.services.assistant.recipes.table_functions import MAKERS
from vibe_tui.services.assistant.recipes.table_words import and_list
from vibe_tui.services.assistant.recipes.wanted_table import wanted_shape

_LIVE = r"(?:real[- ]?time|live|reactive|update (?:live|automatically|in real[- ]?time))"
_APP = (
    r"(?:(?:the|my|our|this)\s+)?(?:whole\s+)?(?:app|application|project|screens?|it|everything"
    r"|data|ui|database)"
)
_BY = (
    r"(?:\s+(?:with|using|through|via|by)\s+(?:convex\s+)?(?:subscriptions?|(?:live|reactive)"
    r"\s+queries|convex|websockets?))?"
)
_UPDATES = r"(?:updates?|subscriptions?|sync(?:ing|hroni[sz]ation)?|data|queries|query|screen|list|feed)"
_WHOLE = tuple(
    pattern(way)
    for way in (
        rf"(?:make|turn|get)\s+{_APP}\s+(?:to be\s+|be\s+|into\s+)?{_LIVE}{_BY}",
        rf"{MAKE}{DETERMINER}(?:{_LIVE}\s+{_UPDATES}|{_LIVE}|subscriptions?)(?:\s+(?:to|for|in)\s+{_APP})?{_BY}",
        rf"(?:use|enable)\s+(?:convex\s+)?(?:{_LIVE}(?:\s+{_UPDATES})?|subscriptions?)(?:\s+(?:in|for)\s+{_APP})?",
        r"subscribe to (?:changes|updates)",
    )
)
_TABLES = tuple(
    pattern(way)
    for way in (
        rf"(?:make|turn|get)\s+{TABLE}{TABLE_END}\s+(?:to be\s+|be\s+)?{_LIVE}{_BY}",
        rf"{MAKE}{DETERMINER}(?:{_LIVE}\s+{_UPDATES}|{_LIVE}|subscriptions?)\s+(?:to|for|of|on)\s+{TABLE}{TABLE_END}{_BY}",
        rf"{MAKE}{DETERMINER}{_LIVE}\s+{TABLE}\s+(?:list|screen|feed|view)",
        rf"(?:show|list|display)\s+{TABLE}{TABLE_END}\s+(?:live|in real[- ]?time){_BY}",
        rf"subscribe to (?:the\s+|changes (?:of|in|to)\s+|updates (?:of|to)\s+)?{TABLE}{TABLE_END}",
    )
)
_MOST = 5


class MakeRealtime:
    abilities: tuple[tuple[str, str], ...] = (
        ("make the app live, with screens", "Make the app real-time with subscriptions"),
    )

    def plan(self, prompt: str, files: Files) -> Plan | Refusal | None:
        words = _read(prompt)
        if words is None:
            return None
        backend = Backend(Draft(files))
        shapes = [wanted_shape(backend, words)] if words else _all(backend)
        for shape in shapes:
            make_live(backend, shape)
        names = and_list([shape.many for shape in shapes])
        there = [f"Leave {screen_path(shape)} as it is: it subscribes to {shape.many}." for shape in shapes]
        return backend.draft.plan(f"Make {names} real-time", there)


def make_live(backend: Backend, shape: Shape) -> None:
    """The functions and the screen of a table; what is there stays."""
    draft = backend.draft
    wanted = ("list", "save") if has_form(shape) else ("list",)
    added = []
    for kind in wanted:
        code = MAKERS[kind](shape)
        file = CodeFile(draft, shape.module, code.text)
        if file.export(code.name) is None:
            added += backend.add_functions(shape, [kind])
        elif not file.has(code):
            draft.assume(
                f"{code.name} in {shape.module} is not as recipes write it: the screen uses it as it is."
            )
    if added:
        tell_functions(backend, shape, [code.name for code in added])
    path = screen_path(shape)
    there = draft.text(path)
    if there is None:
        put_parts(draft)
        draft.put(path, screen_code(shape))
        draft.steps.append(f"Show {shape.many} in {path}, subscribed to {shape.table}.list with useQuery.")
        if not has_form(shape):
            draft.assume(f"{path} has no form: a {shape.one} needs something that cannot be typed in.")
    elif f"api.{shape.table}." not in there:
        raise CodeFile(draft, path, screen_code(shape)).refuse(f"it is there and does not show {shape.many}")
    list_screen(draft, spoken.title(shape.table), f"/{shape.table}")


def refresh_screen(backend: Backend, old: Shape, new: Shape) -> None:
    """A screen that a recipe wrote for the table as it was becomes the one for the table as it is."""
    draft, path = backend.draft, screen_path(old)
    there = draft.text(path)
    if there is None or f"api.{old.table}." not in there:
        return
    before, after = screen_code(old), screen_code(new)
    if before == after or there == after:
        return
    if there.replace("\r\n", "\n") == before:
        draft.put(path, after)
        draft.steps.append(f"Change {path} to fit.")
    elif old.auth != new.auth:
        draft.tell(
            f"By hand: {path} is not as recipes wrote it, so it stays as it is. Show it to those who "
            "are signed in "
            "(components/SignedInOnly.tsx), and send no author."
        )


def _all(backend: Backend) -> list[Shape]:
    """The tables the app shows: all that are written out in the schema, or messages when there is none."""
    own = [shape for name, shape in backend.shapes().items() if not (name == "users" and backend.auth)]
    if not own:
        return [wanted_shape(backend, "messages")]
    if len(own) > _MOST:
        rest = and_list([shape.table for shape in own[_MOST:]])
        backend.draft.assume(
            f"The first {_MOST} tables are taken. For another: “Make {rest.split(',')[0]} real-time”."
        )
    return own[:_MOST]


def _read(prompt: str) -> str | None:
    """The words for the table; "" for the whole app; None: it asks for something else."""
    sentence = said(prompt)
    if any(way.match(sentence) for way in _WHOLE):
        return ""
    found = next((match for way in _TABLES if (match := way.match(sentence))), None)
    return found["table"] if found else None
