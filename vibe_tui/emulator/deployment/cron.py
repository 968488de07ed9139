"""When does a Convex cron job run next? Schedules as `crons.export()` writes them; all times are UTC."""

from __future__ import annotations

import calendar
from datetime import UTC, datetime, timedelta
from typing import Any

_DAYS = ("sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday")
_MONTHS = tuple(name.lower() for name in calendar.month_abbr)
_YEARS_AHEAD = 5


def next_run(schedule: dict[str, Any], after: float) -> float:
    """The first run later than `after`; both in seconds since the epoch. Raises ValueError."""
    if schedule["type"] == "interval":
        seconds = (
            schedule.get("seconds", 0) + 60 * schedule.get("minutes", 0) + 3600 * schedule.get("hours", 0)
        )
        if seconds <= 0:
            raise ValueError("An interval has to be longer than 0 seconds.")
        return float(after + seconds)
    return _next_match(_expression(schedule), after)


def _expression(schedule: dict[str, Any]) -> str:
    """The schedule in the five fields of cron. Where Convex picks a minute, it is 0."""
    minute, hour = schedule.get("minuteUTC", 0), schedule.get("hourUTC", 0)
    match schedule["type"]:
        case "cron":
            return str(schedule["cron"])
        case "hourly":
            return f"{minute} * * * *"
        case "daily":
            return f"{minute} {hour} * * *"
        case "weekly":
            return f"{minute} {hour} * * {_DAYS.index(schedule['dayOfWeek'].lower())}"
        case "monthly":
            return f"{minute} {hour} {schedule['day']} * *"
    raise ValueError(f"Unknown kind of schedule: {schedule['type']!r}")


def _field(text: str, low: int, high: int, names: tuple[str, ...] = ()) -> set[int]:
    def number(part: str) -> int:
        for index, name in enumerate(names):
            if name and part.lower()[:3] == name[:3]:
                return index
        value = int(part)
        if not low <= value <= high:
            raise ValueError(f"{value} is not between {low} and {high}")
        return value

    found: set[int] = set()
    for item in text.split(","):
        span, _, step = item.partition("/")
        first, _, last = span.partition("-")
        if span in ("*", "?"):
            start, end = low, high
        else:
            start = number(first)
            end = number(last) if last else (high if step else start)
        found.update(range(start, end + 1, int(step) if step else 1))
    return found


def _next_match(expression: str, after: float) -> float:
    fields = expression.split()
    if len(fields) != 5:
        raise ValueError(f"The cron expression {expression!r} does not have five fields.")
    minutes, hours = sorted(_field(fields[0], 0, 59)), sorted(_field(fields[1], 0, 23))
    days, months = _field(fields[2], 1, 31), _field(fields[3], 1, 12, _MONTHS)
    weekdays = {day % 7 for day in _field(fields[4], 0, 7, _DAYS)}
    any_day, any_weekday = fields[2] in ("*", "?"), fields[4] in ("*", "?")

    def fits(day: datetime) -> bool:
        on_day, on_weekday = day.day in days, day.isoweekday() % 7 in weekdays
        # As in cron: when both are given, either is enough.
        right = (on_day and on_weekday) if any_day or any_weekday else (on_day or on_weekday)
        return day.month in months and right

    start = datetime.fromtimestamp(after, UTC)
    day = start.replace(hour=0, minute=0, second=0, microsecond=0)
    for _ in range(366 * _YEARS_AHEAD):
        if fits(day):
            for hour in hours:
                for minute in minutes:
                    moment = day.replace(hour=hour, minute=minute)
                    if moment > start:
                        return moment.timestamp()
        day += timedelta(days=1)
    raise ValueError(f"The cron expression {expression!r} never matches.")
