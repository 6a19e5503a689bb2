"""When a reading is due: local hours of a member, turned into instants. Pure, and the only place that does so.

An hour that does not exist (clocks go forward) is read as if they had not; one that exists twice is its first time.
The day of a reading is the member's own date at that instant, so no date has two, and a date that a zone leaves out has
none. SQL never does this: see docs/decisions/0016-daily-readings.md.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from typing import NamedTuple

from core.local_days import local_date, next_midnight, zone_of

DEFAULT_READING_TIME = time(7)
# One bit a weekday, Monday the lowest.
EVERY_WEEKDAY = 0b1111111
WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
# Later than this after the hour that was chosen, nothing is sent; the reading is made all the same.
PUSH_LIMIT = timedelta(hours=4)
# Up to here a reading comes at the hour that was chosen, and quiet hours have no say.
ON_TIME = timedelta(minutes=15)
_DAY = timedelta(days=1)
# A week, a day that has begun and a day that a zone leaves out.
_DAYS_TO_LOOK_AT = 9


class Hours(NamedTuple):
    """When a member wants readings. Hashable: many members share one, and what is worked out for it."""

    time_zone: str
    reading_time: time = DEFAULT_READING_TIME
    # From Monday to Sunday, None for a day without an hour of its own; empty if no day has one.
    weekday_times: tuple[time | None, ...] = ()
    days_off: int = 0
    paused_until: date | None = None


class Due(NamedTuple):
    """The reading of a day, and the instant at which it is due."""

    day: date
    at: datetime


class Settled(NamedTuple):
    """What becomes of a member whose reading is due.

    `due` is the reading to make; nothing of it is sent after `send_until`. `local_time` is what the member's clock
    shows if that is late, for quiet hours; None at the chosen hour. `following` is the next; None if there is none.
    """

    due: Due
    send_until: datetime
    local_time: time | None
    following: Due | None


def instant_on(hours: Hours, day: date) -> datetime | None:
    """Return the instant of a day's reading in UTC; None for a day off, in a pause, or that the zone leaves out.

    >>> instant_on(Hours("Asia/Kathmandu"), date(2026, 3, 1))
    datetime.datetime(2026, 3, 1, 1, 15, tzinfo=datetime.timezone.utc)
    """
    weekday = day.weekday()
    if hours.days_off >> weekday & 1 or (hours.paused_until is not None and day < hours.paused_until):
        return None
    at = (hours.weekday_times[weekday] if hours.weekday_times else None) or hours.reading_time
    zone = zone_of(hours.time_zone)
    # By fold 0 a time in a gap lies after it; where that is tomorrow already, fold 1 is the same time before the gap.
    for fold in (0, 1):
        instant = datetime.combine(day, at, zone).replace(fold=fold).astimezone(UTC)
        if instant.astimezone(zone).date() == day:
            return instant
    return None


def first_due(hours: Hours, *, now: datetime, after: date | None = None, owed_from: date | None = None) -> Due | None:
    """Return the next reading; None if no day of the week has one.

    `after` is the latest day whose reading was prepared: only later days count. `owed_from` is the day for which one
    was due so far: from there on, a day whose hour has gone by (a flight east, an earlier hour chosen too late, an
    outage) still has its reading, at once. Without it (somebody who has just come) the first hour to come is meant.

    >>> sunday = datetime(2026, 3, 1, 6, 59, tzinfo=UTC)
    >>> first_due(Hours("UTC"), now=sunday).day, first_due(Hours("UTC"), now=sunday + timedelta(minutes=2)).day
    (datetime.date(2026, 3, 1), datetime.date(2026, 3, 2))
    """
    day = local_date(now, hours.time_zone)
    if owed_from is not None:
        day = min(day, owed_from)
    if after is not None:
        day = max(day, after + _DAY)
    if hours.paused_until is not None:
        day = max(day, hours.paused_until)
    for _ in range(_DAYS_TO_LOOK_AT):
        at = instant_on(hours, day)
        if at is not None and (at >= now or (owed_from is not None and day >= owed_from)):
            return Due(day, at)
        day += _DAY
    return None


def settle(hours: Hours, due: Due, *, now: datetime) -> Settled:
    """Return what becomes of a reading that is due: after an outage of days, the latest one whose hour has come.

    Days between are not made up for: their readings can be read, and are pushed to nobody.

    >>> late = settle(Hours("UTC"), Due(date(2026, 3, 2), datetime(2026, 3, 2, 7, tzinfo=UTC)),
    ...     now=datetime(2026, 3, 5, 9, tzinfo=UTC))
    >>> late.due.day, late.send_until.hour, late.local_time, late.following.day
    (datetime.date(2026, 3, 5), 11, datetime.time(9, 0), datetime.date(2026, 3, 6))
    """
    latest, day = due, local_date(now, hours.time_zone)
    while day > due.day:
        at = instant_on(hours, day)
        if at is not None and at <= now:
            latest = Due(day, at)
            break
        day -= _DAY
    is_late = now - latest.at > ON_TIME
    return Settled(
        due=latest,
        send_until=min(next_midnight(latest.at, hours.time_zone), latest.at + PUSH_LIMIT),
        local_time=now.astimezone(zone_of(hours.time_zone)).time() if is_late else None,
        following=first_due(hours, now=now, after=latest.day, owed_from=latest.day + _DAY),
    )
