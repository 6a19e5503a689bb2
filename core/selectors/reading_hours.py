"""A day of readings hour by hour: due, made, delivered, failed. Measured by the timetable, not by the page."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from django.db.models import Count, QuerySet
from django.db.models.functions import TruncHour

from core.models import DailyReading, ReadingSchedule
from core.readings.schedule import Hours, instant_on
from notifications.kinds import Kind
from notifications.selectors import count_ended_by_hour

HOURS = 24
_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class DayByHour:
    """A day of UTC; each list has 24 numbers.

    `due`: members whose hour falls there, prepared or not; `made`: readings that were made then; `delivered` and
    `failed`: deliveries that ended then, of which a member may have several. `due_before`: members who were due on an
    earlier day and wait still.
    """

    day: date
    due: list[int]
    made: list[int]
    delivered: list[int]
    failed: list[int]
    due_before: int


def get_day_by_hour(*, day: date) -> DayByHour:
    """Return it. Four queries: each schedule is read twice, and the readings and deliveries of three days once."""
    start = datetime.combine(day, time(), UTC)
    until = start + _DAY
    # The local dates that a day of UTC meets.
    dates = (day - _DAY, day + _DAY)
    made = DailyReading.objects.filter(reading_date__range=dates, made_at__gte=start, made_at__lt=until)
    waiting = _by_hour(ReadingSchedule.objects.filter(next_reading_at__lt=until), "next_reading_at")
    delivered, failed = count_ended_by_hour(kind=Kind.DAILY_READING, due_on=dates, since=start, until=until)
    return DayByHour(
        day=day,
        due=_hours(waiting + _prepared(dates), start),
        made=_hours(_by_hour(made, "made_at"), start),
        delivered=_hours(delivered, start),
        failed=_hours(failed, start),
        due_before=sum(count for hour, count in waiting.items() if hour < start),
    )


def _by_hour(rows: QuerySet[Any], moment: str) -> Counter[datetime]:
    counts = rows.annotate(hour=TruncHour(moment, tzinfo=UTC)).values_list("hour").annotate(Count("pk")).order_by()
    return Counter(dict(counts))


def _prepared(dates: tuple[date, date]) -> Counter[datetime]:
    """Count who was prepared by the hour at which they were due: worked out once for each distinct set of hours."""
    rows = ReadingSchedule.objects.filter(last_reading_on__range=dates)
    alike = rows.values_list("last_reading_on", "time_zone", "reading_time", "weekday_times")
    found: Counter[datetime] = Counter()
    for day, zone, reading_time, weekday_times, count in alike.annotate(Count("pk")).order_by():
        # A day off or a pause that came later takes nothing back.
        at = instant_on(Hours(zone, reading_time, tuple(weekday_times or ())), day)
        if at is not None:
            found[at.replace(minute=0, second=0, microsecond=0)] += count
    return found


def _hours(counts: Counter[datetime], start: datetime) -> list[int]:
    return [counts[start + timedelta(hours=hour)] for hour in range(HOURS)]
