"""The recipe for jobs that run again and again.

https://docs.convex.dev/scheduling/cron-jobs
"""

from __future__ import annotations

import json
import re

from vibe_tui.services.assistant.answerer import Files, Plan, Refusal
from vibe_tui.services.assistant.recipes import job_code, spoken
from vibe_tui.services.assistant.recipes.asking import DETERMINER, MAKE, TABLE, TABLE_END, pattern, said
from vibe_tui.services.assistant.recipes.backend import Backend
from vibe_tui.services.assistant.recipes.code_file import CodeFile, Import
from vibe_tui.services.assistant.recipes.draft import Draft
from vibe_tui.services.assistant.recipes.moments import (
    DAILY,
    DURATION,
    Duration,
    Often,
    duration,
    split_often,
)
from vibe_tui.services.assistant.recipes.names import identifier
from vibe_tui.services.assistant.recipes.recipe import Unclear
from vibe_tui.services.assistant.recipes.wanted_table import not_users, wanted_shape

CRONS_PATH = "convex/crons.ts"
_EMPTY = """\
import { cronJobs } from "convex/server";

const crons = cronJobs();

export default crons;
"""
_KIND = (
    r"(?:cron(?:s|[- ]?jobs?|[- ]?tasks?)?|(?:recurring|repeating|periodic|scheduled|background|regular)\s+"
    r"(?:jobs?|tasks?|functions?|cleanup))"
)
_DELETE = (
    rf"(?:(?:schedule\s+)?(?:a\s+|the\s+)?(?:clean-?up|deletion|removal)\s+of|delet(?:e|es|ing)|remov(?:e|es|ing)|clean(?:s|ing)?(?:\s+up)?|clear(?:s|ing)?(?:\s+out)?|purg(?:e|es|ing))\s+"
    rf"(?P<old>(?:all\s+|the\s+|any\s+)*(?:old|stale|outdated|expired)\s+)?{TABLE}{TABLE_END}"
    rf"(?:\s+(?:(?:that|which)\s+are\s+)?(?:older than|after|from more than)\s+{DURATION}(?:"
    r"\s+(?:old|ago))?)?"
)
_RUN = (
    r"(?:run|call|execute|start|do|invoke)s?\s+(?:the\s+|an?\s+)?(?:function\s+|job"
    r"\s+)?(?P<run>[A-Za-z]\w*(?: \w+){0,2})"
)
_CALLED = r"(?:\s+(?:called|named)\s+(?P<called>[A-Za-z]\w*))?"
_TO = r"\s+(?:to|that|which|for)\s+"
_WAYS = tuple(
    pattern(way)
    for way in (
        rf"{MAKE}{DETERMINER}{_KIND}{_CALLED}(?:\s+(?:that|which|to)\s+(?:runs?|(?:is|gets?) run))?",
        rf"{MAKE}{DETERMINER}{_KIND}{_CALLED}{_TO}{_DELETE}",
        rf"{MAKE}{DETERMINER}{_KIND}{_CALLED}{_TO}{_RUN}",
        _DELETE,
        _RUN,
    )
)
_WITHOUT_OFTEN = _WAYS[:3]
"""Those that ask for a job even when they do not say how often."""
_CRON = re.compile(r"\bcron", re.IGNORECASE)
_USUAL_AGE = Duration(30, "day")


class AgeUnclear(Unclear):
    code = "age_unclear"


class AddCron:
    abilities: tuple[tuple[str, str], ...] = (
        ("run something again and again", "Delete messages older than 30 days every night"),
        ("add a job of your own", "Add a cron job called sendDigest every Monday at 8:30"),
    )

    def plan(self, prompt: str, files: Files) -> Plan | Refusal | None:
        sentence = said(prompt)
        split = split_often(sentence)
        often, rest = split or (DAILY, sentence)
        ways = _WAYS if split else _WITHOUT_OFTEN if _CRON.search(sentence) else ()
        found = next((match for way in ways if (match := way.match(rest))), None)
        if found is None:
            return None
        backend = Backend(Draft(files))
        draft, groups = backend.draft, found.groupdict()
        if split is None:
            draft.assume(f"How often was not said: {often.words}.")
        if groups.get("table"):
            name, function = _removing(backend, found)
        else:
            called = identifier(groups.get("called") or groups.get("run") or "regularJob")
            if backend.add_code(job_code.JOBS_PATH, job_code.job(called)):
                draft.steps.append(f"Write {called} in {job_code.JOBS_PATH}, which does nothing yet.")
                draft.tell(f"By hand: write in {job_code.JOBS_PATH} what {called} does.")
            name, function = spoken.words(called), f"internal.jobs.{called}"
        add_cron(draft, name, often, function)
        return draft.plan(f"Run {function.removeprefix('internal.')} {often.words}")


def add_cron(draft: Draft, name: str, often: Often, function: str) -> None:
    """One more job in convex/crons.ts. Raises NotPlaced when it has one of this name at another time."""
    if not (draft.text(CRONS_PATH) or "").strip():
        draft.put(CRONS_PATH, _EMPTY)
    call = f"crons.{often.method}({json.dumps(name)}, {often.schedule}, {function}, {{}});"
    file = CodeFile(draft, CRONS_PATH, call)
    module, exported = file.module, file.module.default_export()
    value = None if exported is None else module.resolve(exported)
    called = None if value is None else value.child_by_field_name("function")
    if exported is None or exported.type != "identifier" or called is None:
        raise file.refuse("its default export is not a variable with Convex's cronJobs()")
    if module.text(called) != module.name_of("convex/server", "cronJobs"):
        raise file.refuse("its default export is not Convex's cronJobs()")
    call = call.replace("crons.", f"{module.text(exported)}.", 1)
    there = module.canonical(module.root, "v")
    if call.replace(" ", "").rstrip(";") in there.replace(" ", ""):
        draft.steps.append(f"Leave {CRONS_PATH} as it is: it runs {name} {often.words}.")
        return
    if f"({json.dumps(name)}," in there:
        raise file.refuse(f"it has a job “{name}” at another time")
    file.need([Import("./_generated/api", ("internal",))])
    file.before_default_export(call)
    draft.steps.append(f"Run it {often.words} in {CRONS_PATH}.")
    if "hourUTC" in often.schedule:
        draft.assume("Times are UTC.")
    if "minuteUTC" not in often.schedule and often.method != "interval":
        draft.assume("Convex picks the minute, so that not everybody's jobs run at the top of the hour.")


def _removing(backend: Backend, found: re.Match[str]) -> tuple[str, str]:
    """The job that deletes old documents: its name, and its function."""
    shape = not_users(wanted_shape(backend, found["table"]), "a job that deletes them")
    if found["amount"] is not None:
        age = duration(found)
    elif found["old"]:
        age = _USUAL_AGE
        backend.draft.assume(f"How old was not said: older than {age.words}.")
    else:
        raise AgeUnclear(
            f"Which {shape.many} are to be deleted?",
            next_step=f"Say how old they are, e.g. “Delete {shape.many} older than 30 days every night”.",
        )
    if backend.add_code(shape.module, job_code.remove_old(shape, age.code, age.words)):
        backend.draft.steps.append(
            f"Write removeOld in {shape.module}: it deletes what is older than {age.words}."
        )
    return f"remove old {shape.many}", f"internal.{shape.table}.removeOld"
