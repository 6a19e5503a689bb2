"""Reads of readings, schedules and what members said, each scoped to its owner."""

from __future__ import annotations

from datetime import date, datetime, time
from typing import Any
from uuid import UUID

from core.models import DailyReading, ReadingResponse, ReadingSchedule
from core.readings.numbers import FIELDS, Numbers
from core.readings.schedule import EVERY_WEEKDAY, Hours


def numbers_of(row: DailyReading) -> Numbers:
    """Return what a stored reading is made of."""
    return Numbers(**{name: getattr(row, name) for name in FIELDS})


def hours_of(row: ReadingSchedule) -> Hours:
    """Return when a member wants readings."""
    return Hours(row.time_zone, row.reading_time, tuple(row.weekday_times or ()), row.days_off, row.paused_until)


def weekdays_off(days_off: int) -> list[int]:
    """Return the days off as numbers of ISO 8601, 1 for Monday.

    >>> weekdays_off(0b1100000)
    [6, 7]
    """
    return [weekday + 1 for weekday in range(EVERY_WEEKDAY.bit_length()) if days_off >> weekday & 1]


def export_readings(user_id: UUID) -> list[dict[str, Any]]:
    """Return every reading that was made for a member, for an export of personal data."""
    rows = DailyReading.objects.filter(user_id=user_id).order_by("reading_date")
    return [
        {name: _plain(getattr(row, name)) for name in (*FIELDS, "made_at")} for row in rows.iterator(chunk_size=1000)
    ]


def export_responses(user_id: UUID) -> list[dict[str, Any]]:
    """Return what a member did with readings."""
    names = ("reading_date", "opened_at", "rang_true", "note", "answered_at")
    rows = ReadingResponse.objects.filter(user_id=user_id).order_by("reading_date")
    return [{name: _plain(getattr(row, name)) for name in names} for row in rows]


def export_schedule(user_id: UUID) -> list[dict[str, Any]]:
    """Return when a member wants readings, and when the next is due."""
    return [
        {
            "time_zone": row.time_zone,
            "reading_time": _plain(row.reading_time),
            "weekday_times": [_plain(at) for at in row.weekday_times or ()],
            "days_off": weekdays_off(row.days_off),
            "paused_until": _plain(row.paused_until),
            "wants_daily": row.wants_daily,
            "next_reading_at": _plain(row.next_reading_at),
            "last_reading_on": _plain(row.last_reading_on),
        }
        for row in ReadingSchedule.objects.filter(pk=user_id)
    ]


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, (date, datetime, time)) else value
