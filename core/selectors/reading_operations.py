"""Who should have a reading of a day, who has one, who has none and why: for operators. Bounded, and without names."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import connection, models
from django.db.models import Count, Exists, Min, OuterRef, Q

from core.models import DailyReading, ReadingSchedule
from notifications.kinds import Channel, Kind
from notifications.models import State
from notifications.selectors import count_deliveries, list_members_unsent, list_states

PAGE = 50
_LAG = """
WITH due AS NOT MATERIALIZED (
    SELECT next_reading_at FROM core_readingschedule WHERE next_reading_at <= %(now)s AND set_aside_at IS NULL
)
SELECT (SELECT next_reading_at FROM due ORDER BY next_reading_at LIMIT 1),
    (SELECT count(*) FROM (SELECT FROM due WHERE next_reading_at <= %(overdue_at)s LIMIT %(most)s) AS overdue),
    (SELECT count(*) FROM (
        SELECT FROM core_readingschedule WHERE set_aside_at IS NOT NULL LIMIT %(most)s
    ) AS set_aside)
"""
COUNTED = 10_000


class Why(models.TextChoices):
    """What a member's day came to. SET_ASIDE and WAITING want a look; all others are as they should be."""

    MADE = "made", "made"
    SET_ASIDE = "set_aside", "set aside: their data could not be read"
    WAITING = "waiting", "due, and not made yet"
    TO_COME = "to_come", "its hour has not come"
    PAUSED = "paused", "in a pause"
    DAY_OFF = "day_off", "a day off"
    NOT_WANTED = "not_wanted", "readings are switched off"
    NOT_OFFERED = "not_offered", "the account is not proven or not active, or has no primary profile"
    MISSED = "missed", "not prepared in time, or before the member came; it is made when it is read"


@dataclass(frozen=True, slots=True)
class Overview:
    """One day, and what waits now. `set_aside` counts by reason, `deliveries` by channel and state."""

    day: date
    made: int
    due: int
    oldest_due_at: datetime | None
    set_aside: dict[str, int]
    deliveries: dict[tuple[Channel, State], int]


@dataclass(frozen=True, slots=True)
class Lag:
    """How far preparing is behind. `behind`: for how long the first member has been due; `overdue`: for too long."""

    behind: timedelta
    overdue: int
    set_aside: int


@dataclass(frozen=True, slots=True)
class Trouble:
    """What wants a look now. `due` is counted to a limit, `set_aside` by reason."""

    due: int
    is_at_least: bool
    oldest_due_at: datetime | None
    set_aside: dict[str, int]


@dataclass(frozen=True, slots=True)
class MemberDay:
    """One member's day. `reason` says more where somebody was set aside; `deliveries` are channel, state, outcome."""

    user_id: UUID
    why: Why
    reason: str
    made_at: datetime | None
    next_reading_at: datetime | None
    deliveries: list[tuple[str, str, str]]


def get_overview(*, day: date, now: datetime) -> Overview:
    """Return what a day came to, and what waits now. Four queries, whatever the number of members."""
    due = ReadingSchedule.objects.filter(next_reading_at__lte=now, set_aside_at=None)
    waiting: dict[str, Any] = due.aggregate(count=Count("pk"), oldest=Min("next_reading_at"))
    aside = ReadingSchedule.objects.filter(set_aside_at__isnull=False).values_list("set_aside_for")
    return Overview(
        day=day,
        made=DailyReading.objects.filter(reading_date=day).count(),
        due=waiting["count"],
        oldest_due_at=waiting["oldest"],
        set_aside=dict(aside.annotate(Count("pk")).order_by("set_aside_for")),
        deliveries=count_deliveries(kind=Kind.DAILY_READING, due_on=day),
    )


def get_lag(*, now: datetime, overdue_after: timedelta, most: int) -> Lag:
    """Return how far preparing is behind, with members counted up to `most`. One query, on the index of the claim."""
    with connection.cursor() as cursor:
        cursor.execute(_LAG, {"now": now, "overdue_at": now - overdue_after, "most": most})
        oldest, overdue, set_aside = cursor.fetchone()
    return Lag(timedelta(0) if oldest is None else now - oldest, overdue, set_aside)


def get_trouble(*, now: datetime, limit: int = COUNTED) -> Trouble:
    """Return what wants a look now. Two queries, each by an index of few rows."""
    due = ReadingSchedule.objects.filter(next_reading_at__lte=now, set_aside_at=None).order_by("next_reading_at")
    moments = list(due.values_list("next_reading_at", flat=True)[:limit])
    aside = ReadingSchedule.objects.filter(set_aside_at__isnull=False).values_list("set_aside_for")
    return Trouble(
        due=len(moments),
        is_at_least=len(moments) == limit,
        oldest_due_at=moments[0] if moments else None,
        set_aside=dict(aside.annotate(Count("pk")).order_by("set_aside_for")),
    )


def list_in_trouble(*, now: datetime, after: UUID | None = None, limit: int = PAGE) -> list[ReadingSchedule]:
    """Return schedules that want a look, by member: set aside, or due and not prepared."""
    wants_a_look = Q(set_aside_at__isnull=False) | Q(next_reading_at__lte=now, set_aside_at=None)
    return _page(ReadingSchedule.objects.filter(wants_a_look), after, limit)


def list_members(
    *, day: date, now: datetime, has_reading: bool, after: UUID | None = None, limit: int = PAGE
) -> list[MemberDay]:
    """Return members with, or without, a reading of a day, in the order of their ids; `after` is the last one seen."""
    has_one = Exists(DailyReading.objects.filter(reading_date=day, user_id=OuterRef("user_id")))
    rows = ReadingSchedule.objects.filter(has_one if has_reading else ~has_one)
    return _days(_page(rows, after, limit), day=day, now=now)


def list_days_in_trouble(*, day: date, now: datetime, after: UUID | None = None, limit: int = PAGE) -> list[MemberDay]:
    """Return the day of members who want a look now, by member. Three queries."""
    return _days(list_in_trouble(now=now, after=after, limit=limit), day=day, now=now)


def list_days_undelivered(*, day: date, now: datetime, after: UUID | None = None, limit: int = PAGE) -> list[MemberDay]:
    """Return the day of members with a delivery that failed or expired, by member. Four queries."""
    ids = list_members_unsent(kind=Kind.DAILY_READING, due_on=day, after=after, limit=limit)
    return _days(list(ReadingSchedule.objects.filter(pk__in=ids).order_by("pk")), day=day, now=now)


def get_member_day(*, user_id: UUID, day: date, now: datetime) -> MemberDay | None:
    """Return what a member's day came to; None for a member without a schedule."""
    found = _days(list(ReadingSchedule.objects.filter(pk=user_id)), day=day, now=now)
    return found[0] if found else None


def _page(rows: models.QuerySet[ReadingSchedule], after: UUID | None, limit: int) -> list[ReadingSchedule]:
    return list((rows.filter(pk__gt=after) if after else rows).order_by("pk")[:limit])


def _days(rows: Sequence[ReadingSchedule], *, day: date, now: datetime) -> list[MemberDay]:
    ids = [row.pk for row in rows]
    made: dict[UUID, datetime] = dict(
        DailyReading.objects.filter(reading_date=day, user_id__in=ids).values_list("user_id", "made_at")
    )
    sent = list_states(kind=Kind.DAILY_READING, due_on=day, user_ids=ids)
    return [
        MemberDay(
            user_id=row.pk,
            why=Why.MADE if row.pk in made else _why_not(row, day, now),
            reason=row.set_aside_for,
            made_at=made.get(row.pk),
            next_reading_at=row.next_reading_at,
            deliveries=sent.get(row.pk, []),
        )
        for row in rows
    ]


def _why_not(row: ReadingSchedule, day: date, now: datetime) -> Why:
    if row.set_aside_at is not None:
        return Why.SET_ASIDE
    if not row.wants_daily:
        return Why.NOT_WANTED
    if row.next_reading_at is None or row.next_reading_on is None:
        return Why.DAY_OFF if row.days_off >> day.weekday() & 1 else Why.NOT_OFFERED
    if row.paused_until is not None and day < row.paused_until:
        return Why.PAUSED
    if row.days_off >> day.weekday() & 1:
        return Why.DAY_OFF
    if row.next_reading_on <= day:
        return Why.WAITING if row.next_reading_at <= now else Why.TO_COME
    return Why.MISSED
