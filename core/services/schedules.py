"""When a member's next reading is due: kept in step with the account, the primary profile and what the member wants."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, cast
from uuid import UUID

from django.db import connection, transaction
from django.db.models import Exists, OuterRef
from django.utils import timezone

from authentication.models import AccountDeletion, User
from core.models import NumerologyProfile, ReadingSchedule
from core.readings.schedule import first_due
from core.selectors.readings import hours_of
from core.services.profiles import PRIMARY_PROFILE

# Changes of a member from which the next reading may be due at another time, or no longer at all.
WATCHED = frozenset({"is_verified", "is_active", "deletion", "time_zone", PRIMARY_PROFILE})
CHOICES = frozenset({"reading_time", "weekday_times", "days_off", "paused_until", "wants_daily"})
BATCH = 5_000


def follow_member(user_id: UUID, fields: frozenset[str]) -> None:
    """Bring a schedule in step with what changed about its member. Called by numerai.hooks, in that transaction."""
    if fields & WATCHED:
        sync_schedule(user_id=user_id, now=timezone.now(), is_new_data=PRIMARY_PROFILE in fields)


def sync_schedule(*, user_id: UUID, now: datetime, is_new_data: bool = False) -> None:
    """Make or change the schedule of a member so that it says when the next reading is due.

    Without an account that is proven and stays, or a primary profile, none is; what the member chose is kept. New birth
    data give a schedule that was set aside another try.
    """
    with transaction.atomic():
        user, schedule = _locked(user_id)
        if is_new_data:
            schedule.set_aside_at, schedule.set_aside_for = None, ""
        _plan(schedule, user, now=now)
        if schedule.next_reading_at is not None or not schedule._state.adding:
            schedule.save()


def set_schedule(*, user_id: UUID, changes: Mapping[str, Any], now: datetime) -> ReadingSchedule:
    """Change some of CHOICES; what is left out stays. The day whose reading was sent already gets no second one."""
    if not set(changes) <= CHOICES:
        raise ValueError("these are not choices of a schedule")
    with transaction.atomic():
        user, schedule = _locked(user_id)
        for name, value in changes.items():
            setattr(schedule, name, value)
        _plan(schedule, user, now=now)
        schedule.save()
    return schedule


def recompute_reading_times(*, batch: int = BATCH) -> int:
    """Work out anew at which instant each reading is due, for a new table of time zones; return how many moved.

    The day of each reading stays. In batches, each in a transaction of its own, and safe to run twice: only the
    zones' rules are asked again. A row that somebody else holds is waited for, so that none is left out.
    """
    moved, after = 0, UUID(int=0)
    while True:
        with transaction.atomic():
            rows = list(
                ReadingSchedule.objects.select_for_update()
                .filter(next_reading_at__isnull=False, pk__gt=after)
                .order_by("pk")[:batch]
            )
            changed = []
            for row in rows:
                was_at = cast(datetime, row.next_reading_at)
                _move(row, now=was_at)
                if row.next_reading_at != was_at:
                    changed.append((row.next_reading_on, row.next_reading_at, row.pk))
            with connection.cursor() as cursor:
                cursor.executemany(
                    "UPDATE core_readingschedule SET next_reading_on = %s, next_reading_at = %s WHERE user_id = %s",
                    changed,
                )
        moved += len(changed)
        if len(rows) < batch:
            return moved
        after = rows[-1].pk


def make_missing_schedules(*, now: datetime) -> int:
    """Make the schedules of members who had a primary profile before there were any; return how many were looked at."""
    has_one = ReadingSchedule.objects.filter(pk=OuterRef("user_id"))
    members = NumerologyProfile.objects.filter(~Exists(has_one), is_primary=True).values_list("user_id", flat=True)
    found = list(members)
    for user_id in found:
        sync_schedule(user_id=user_id, now=now)
    return len(found)


def _locked(user_id: UUID) -> tuple[User, ReadingSchedule]:
    """Return a member's account and schedule, which is a new one if there is none; the account's lock holds both."""
    user = User.objects.select_for_update(no_key=True).get(pk=user_id)
    schedule = ReadingSchedule.objects.select_for_update().filter(pk=user_id).first()
    return user, schedule or ReadingSchedule(pk=user_id)


def _plan(schedule: ReadingSchedule, user: User, *, now: datetime) -> None:
    schedule.time_zone = user.time_zone
    if _gets_readings(user) and schedule.wants_daily:
        _move(schedule, now=now)
    else:
        schedule.next_reading_at = schedule.next_reading_on = None


def _move(schedule: ReadingSchedule, *, now: datetime) -> None:
    due = first_due(hours_of(schedule), now=now, after=schedule.last_reading_on, owed_from=schedule.next_reading_on)
    schedule.next_reading_on, schedule.next_reading_at = due or (None, None)


def _gets_readings(user: User) -> bool:
    return (
        user.is_active
        and user.is_verified
        # An account that is to be erased sleeps until its member comes back.
        and not AccountDeletion.objects.filter(user_id=user.pk).exists()
        and NumerologyProfile.objects.filter(user_id=user.pk, is_primary=True).exists()
    )
