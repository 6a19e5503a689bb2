"""Everything that changes a reading: it is stored when it is opened, and answered."""

from __future__ import annotations

from dataclasses import asdict
from datetime import date, datetime
from uuid import UUID

from django.db import transaction

from core.content.library import Library
from core.exceptions import FeedbackFinal
from core.local_days import local_date
from core.models import DailyReading, RangTrue, ReadingResponse, ReadingSchedule
from core.selectors.readings import Reader, get_reader, make_numbers, require_day
from numerai.hooks import member_changed

# What member_changed is told: an answer stands in the reading that is kept for the day.
READINGS = "readings"
NOTE_MAX_LENGTH = 1000


def open_reading(*, user_id: UUID, day: date, library: Library, now: datetime) -> datetime:
    """Say that a reading was opened, and store it if it was not prepared; return when it was opened first.

    Raises NoPrimaryProfile and InvalidInput.
    """
    reader = get_reader(user_id=user_id, now=now)
    require_day(reader, day)
    with transaction.atomic():
        _store(reader, day, library)
        response = _response(user_id, day)
        if response.opened_at is None:
            response.opened_at = now
            response.save(update_fields=["opened_at"])
    return response.opened_at


def answer_reading(
    *, user_id: UUID, day: date, rang_true: RangTrue, note: str, library: Library, now: datetime
) -> ReadingResponse:
    """Say whether a reading rang true; the answer may be changed until the end of the day on which it was given.

    Raises NoPrimaryProfile, InvalidInput for a day to come, and FeedbackFinal.
    """
    reader = get_reader(user_id=user_id, now=now)
    require_day(reader, day, last=reader.today)
    with transaction.atomic():
        _store(reader, day, library)
        response = _response(user_id, day)
        if response.answered_at is None:
            response.answered_at = now
        elif local_date(response.answered_at, reader.time_zone) < reader.today:
            raise FeedbackFinal
        response.rang_true, response.note = rang_true, note or None
        response.save(update_fields=["rang_true", "note", "answered_at"])
        member_changed(user_id=user_id, fields=frozenset({READINGS}))
    return response


def erase_readings(user_id: UUID) -> None:
    """Forget every reading of a member, what they said of it, and when the next one would be."""
    ReadingSchedule.objects.filter(pk=user_id).delete()
    ReadingResponse.objects.filter(user_id=user_id).delete()
    DailyReading.objects.filter(user_id=user_id).delete()


def _store(reader: Reader, day: date, library: Library) -> None:
    """Store a reading unless it is there: whoever is first, this or the set, it stays as it was made first."""
    if not DailyReading.objects.filter(reading_date=day, user_id=reader.member).exists():
        row = DailyReading(user_id=reader.member, **asdict(make_numbers(reader, day, library)))
        DailyReading.objects.bulk_create([row], ignore_conflicts=True)


def _response(user_id: UUID, day: date) -> ReadingResponse:
    """Return the row of what a member did with a reading, locked; of two requests at once one makes it."""
    ReadingResponse.objects.bulk_create([ReadingResponse(user_id=user_id, reading_date=day)], ignore_conflicts=True)
    return ReadingResponse.objects.select_for_update().get(user_id=user_id, reading_date=day)
