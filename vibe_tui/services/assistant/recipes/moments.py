"""Times in a sentence: how long, and how often."""

from __future__ import annotations

import re
from dataclasses import dataclass

_NUMBERS = [
    "zero",
    "one",
    "two",
    "three",
    "four",
    "five",
    "six",
    "seven",
    "eight",
    "nine",
    "ten",
    "eleven",
    "twelve",
]
_UNITS = {"second": "1000", "minute": "60 * 1000", "hour": "60 * 60 * 1000", "day": "24 * 60 * 60 * 1000"}
DURATION = (
    r"(?P<amount>\d{1,6}|an?|one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve)\s*"
    r"(?P<unit>sec(?:ond)?s?|min(?:ute)?s?|h(?:ou)?rs?|days?|weeks?|months?)"
)
_DAYS = "monday|tuesday|wednesday|thursday|friday|saturday|sunday"
_AT = (
    r"(?:,?\s*at\s+(?P<hour>\d{1,2})(?:[:.](?P<minute>\d{2}))?\s*(?P<half>am|pm)?(?:\s*(?:utc|gmt"
    r"|o'?clock))?)?"
)
_OFTEN = re.compile(
    rf"\b(?:(?:every|each)\s+(?:(?P<number>\d{{1,5}}|other|two|three|four|five|six|ten|twelve)\s+)?"
    rf"(?P<what>seconds?|minutes?|mins?|hours?|days?|nights?|mornings?|evenings?|weeks?|months?|{_DAYS})"
    rf"|(?P<adverb>hourly|daily|nightly|weekly|monthly|once an hour|once a day|once a week|once a month))"
    rf"(?:\s+on\s+(?P<day>{_DAYS})s?)?{_AT}",
    re.IGNORECASE,
)
_ADVERBS = {
    "hourly": "hour", "once an hour": "hour", "daily": "day", "once a day": "day", "nightly": "night",
    "weekly": "week", "once a week": "week", "monthly": "month", "once a month": "month",
}  # fmt: skip
_HOURS = {"night": 2, "morning": 7, "evening": 18}
_USUAL_HOUR = 4


@dataclass(frozen=True, slots=True)
class Duration:
    amount: int
    unit: str
    """second, minute, hour or day."""

    @property
    def words(self) -> str:
        return f"{self.amount} {self.unit}{'' if self.amount == 1 else 's'}"

    @property
    def code(self) -> str:
        """Milliseconds as an expression."""
        each = _UNITS[self.unit]
        return each if self.amount == 1 else f"{self.amount} * {each}"


@dataclass(frozen=True, slots=True)
class Often:
    """A schedule of a cron job: a method of Convex's cronJobs() and its argument."""

    method: str
    schedule: str
    words: str
    exact: bool
    """Whether a time was said."""


def duration(found: re.Match[str]) -> Duration:
    """From a match of DURATION."""
    amount = _number(found["amount"])
    unit = found["unit"].lower()
    if unit.startswith("week"):
        return Duration(amount * 7, "day")
    if unit.startswith("month"):
        return Duration(amount * 30, "day")
    names = {"s": "second", "m": "minute", "h": "hour", "d": "day"}
    return Duration(amount, names[unit[0]])


def duration_of(code: str) -> Duration | None:
    """From Duration.code; None for another expression."""
    for unit, each in reversed(_UNITS.items()):
        amount = code.removesuffix(each).removesuffix(" * ") or "1"
        if code.endswith(each) and amount.isdecimal():
            return Duration(int(amount), unit)
    return None


def split_often(sentence: str) -> tuple[Often, str] | None:
    """How often something is to be done, and the sentence without that; None when it does not say."""
    found = _OFTEN.search(sentence)
    if found is None:
        return None
    rest = f"{sentence[: found.start()].rstrip(' ,')} {sentence[found.end() :].lstrip(' ,')}".strip()
    often = _often(found)
    return None if often is None else (often, rest)


DAILY = Often("daily", f"{{ hourUTC: {_USUAL_HOUR} }}", f"every day at {_USUAL_HOUR}:00 UTC", exact=False)


def _often(found: re.Match[str]) -> Often | None:
    what = (found["what"] or _ADVERBS[" ".join((found["adverb"] or "").lower().split())]).lower()
    what = what.rstrip("s") if what not in _DAYS.split("|") else what
    number = _number((found["number"] or "one").lower().replace("other", "two"))
    if number == 0:
        return None
    if what in ("second", "minute", "min"):
        unit = "seconds" if what == "second" else "minutes"
        return Often("interval", f"{{ {unit}: {number} }}", f"every {number} {unit}", exact=True)
    if what == "hour":
        if number > 1:
            return Often("interval", f"{{ hours: {number} }}", f"every {number} hours", exact=True)
        return Often("hourly", "{}", "every hour", exact=False)
    if number > 1:
        if what not in ("day", "week"):
            return None
        hours = number * (24 if what == "day" else 24 * 7)
        return Often("interval", f"{{ hours: {hours} }}", f"every {number} {what}s", exact=True)
    return _at_a_time(found, what)


def _at_a_time(found: re.Match[str], what: str) -> Often | None:
    hour, minute = _HOURS.get(what, _USUAL_HOUR), 0
    if found["hour"] is not None:
        hour, minute = int(found["hour"]), int(found["minute"] or 0)
        half = (found["half"] or "").lower()
        if half:
            hour = hour % 12 + (12 if half == "pm" else 0)
        if hour > 23 or minute > 59:
            return None
    # Without a minute Convex picks one; the top of the hour is when everybody's jobs run.
    time = f"hourUTC: {hour}" + (f", minuteUTC: {minute}" if minute else "")
    clock = f"at {hour}:{minute:02} UTC"
    exact = found["hour"] is not None
    day = what if what in _DAYS.split("|") else (found["day"] or "monday").lower()
    if what in _DAYS.split("|") or what == "week":
        schedule = f'{{ dayOfWeek: "{day}", {time} }}'
        return Often("weekly", schedule, f"every {day.capitalize()} {clock}", exact)
    if what == "month":
        return Often("monthly", f"{{ day: 1, {time} }}", f"on the first of every month {clock}", exact)
    return Often("daily", f"{{ {time} }}", f"every day {clock}", exact)


def _number(text: str) -> int:
    word = text.lower()
    if word in ("a", "an"):
        return 1
    return _NUMBERS.index(word) if word in _NUMBERS else int(word)
