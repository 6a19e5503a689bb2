"""Members whose readings are due."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from authentication.models import User
from authentication.tests.factories import make_user
from core.models import NumerologyProfile, ReadingSchedule
from core.services.schedules import sync_schedule
from core.tests.factories import make_profile

# A Thursday, at the hour that nobody has changed.
TODAY = date(2026, 5, 7)
SEVEN = datetime.fromisoformat("2026-05-07T07:00:00+00:00")
YESTERDAY_NOON = SEVEN - timedelta(hours=19)


def make_member(*, time_zone: str = "UTC", profile: dict[str, Any] | None = None, **schedule: Any) -> User:
    """Return a member with a primary profile, whose reading of TODAY is due at SEVEN in UTC."""
    user = make_user(time_zone=time_zone)
    make_profile(user, now=YESTERDAY_NOON, **(profile or {}))
    sync_schedule(user_id=user.pk, now=YESTERDAY_NOON)
    if schedule:
        ReadingSchedule.objects.filter(pk=user.pk).update(**schedule)
    return user


def spoil(user: User, **columns: Any) -> None:
    """Write something into the primary profile that no service would."""
    NumerologyProfile.objects.filter(user=user, is_primary=True).update(**columns)


def schedule_of(user_id: UUID) -> ReadingSchedule:
    return ReadingSchedule.objects.get(pk=user_id)
