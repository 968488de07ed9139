"""The recipe for something that is done once, later.

https://docs.convex.dev/scheduling/scheduled-functions
"""

from __future__ import annotations

import re

from vibe_tui.services.assistant.answerer import Files, Plan, Refusal
from vibe_tui.services.assistant.recipes import job_code
from vibe_tui.services.assistant.recipes.asking import DETERMINER, MAKE, TABLE, TABLE_END, pattern, said
from vibe_tui.services.assistant.recipes.backend import Backend
from vibe_tui.services.assistant.recipes.draft import Draft
from vibe_tui.services.assistant.recipes.moments import DURATION, Duration, duration
from vibe_tui.services.assistant.recipes.names import identifier
from vibe_tui.services.assistant.recipes.wanted_table import not_users, wanted_shape

_BEFORE_LATER = DURATION.replace("amount>", "amount2>").replace("unit>", "unit2>")
_AFTER = rf"(?:\s+(?:(?:after|in)\s+{DURATION}|{_BEFORE_LATER}\s+(?:later|after\s+.+)))"
_DELETE = rf"(?:delet(?:e|es|ing|ion of)|remov(?:e|es|ing|al of)|expir(?:e|es|ing))\s+{TABLE}{TABLE_END}"
_CALLED = r"(?:\s+(?:called|named)\s+(?P<called>[A-Za-z]\w*))?"
_JOB = r"(?:scheduled|delayed)\s+(?:function|job|task|mutation|action)"
_DELETES = tuple(
    pattern(way)
    for way in (
        rf"schedule\s+(?:the\s+|an?\s+)?(?:function\s+to\s+)?{_DELETE}{_AFTER}?",
        rf"{MAKE}{DETERMINER}(?:{_JOB}|function|mutation)\s+(?:to|that|for|which)\s+{_DELETE}{_AFTER}",
        rf"{MAKE}{DETERMINER}{_JOB}\s+(?:to|that|for|which)\s+{_DELETE}",
        rf"{_DELETE}{_AFTER}",
    )
)
_JOBS = tuple(
    pattern(way)
    for way in (
        rf"{MAKE}{DETERMINER}{_JOB}{_CALLED}(?:\s+(?:that|which|to)\s+(?:runs?))?{_AFTER}?",
        rf"schedule\s+(?:an?\s+|the\s+)?(?:function{_CALLED}|(?P<run>[A-Za-z]\w*))(?:\s+to\s+run)?{_AFTER}",
        rf"schedule\s+an?\s+function{_CALLED}",
        rf"(?:run|call)\s+(?:the\s+function\s+)?(?P<run>[A-Za-z]\w*){_AFTER}",
    )
)
_USUAL = Duration(10, "minute")


class ScheduleFunction:
    abilities: tuple[tuple[str, str], ...] = (
        ("do something later", "Schedule deleting a message after 1 hour"),
        ("schedule a function of your own", "Add a scheduled function called sendReminder in 10 minutes"),
    )

    def plan(self, prompt: str, files: Files) -> Plan | Refusal | None:
        sentence = said(prompt)
        deletes = next((match for way in _DELETES if (match := way.match(sentence))), None)
        jobs = next((match for way in _JOBS if (match := way.match(sentence))), None)
        found = deletes or jobs
        if found is None:
            return None
        backend = Backend(Draft(files))
        delay = _delay(found)
        if delay is None:
            delay = _USUAL
            backend.draft.assume(f"How much later was not said: {delay.words}.")
        if deletes is not None:
            return _delete_later(backend, deletes["table"], delay)
        groups = found.groupdict()
        return _run_later(backend, identifier(groups.get("called") or groups.get("run") or "laterJob"), delay)


def _delay(found: re.Match[str]) -> Duration | None:
    groups = found.groupdict()
    if groups.get("amount"):
        return duration(found)
    if groups.get("amount2"):
        text = f"{groups['amount2']} {groups['unit2']}"
        again = re.match(DURATION, text, re.IGNORECASE)
        return None if again is None else duration(again)
    return None


def _delete_later(backend: Backend, words: str, delay: Duration) -> Plan:
    shape = not_users(wanted_shape(backend, words), "a function that deletes them later")
    added = [
        code.name
        for code in (job_code.remove_later(shape, delay.code, delay.words), job_code.remove_now(shape))
        if backend.add_code(shape.module, code)
    ]
    if added:
        backend.draft.steps.append(
            f"Write removeLater and removeNow in {shape.module}: the first has the second run in "
            f"{delay.words}."
        )
        backend.draft.assume(
            f"Nothing calls it by itself: the app calls {shape.table}.removeLater with the id of a "
            f"{shape.one}."
        )
    return backend.draft.plan(
        f"Delete a {shape.one} {delay.words} later",
        [f"Leave removeLater in {shape.module} as it is: it is there."],
    )


def _run_later(backend: Backend, name: str, delay: Duration) -> Plan:
    path, start = job_code.JOBS_PATH, job_code.schedule_name(name)
    if backend.add_code(path, job_code.job(name)):
        backend.draft.steps.append(f"Write {name} in {path}, which does nothing yet.")
        backend.draft.tell(f"By hand: write in {path} what {name} does.")
    if backend.add_code(path, job_code.later(name, delay.code, delay.words, auth=backend.auth)):
        backend.draft.steps.append(f"Write {start} in {path}: it has {name} run in {delay.words}.")
        backend.draft.assume(f"Nothing calls it by itself: the app calls jobs.{start}.")
    return backend.draft.plan(
        f"Run {name} {delay.words} later", [f"Leave {start} in {path} as it is: it is there."]
    )
