"""What day it is for a member, and until when."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError


def zone_of(name: str) -> ZoneInfo:
    """Return a time zone by name; UTC for one that the tables no longer know."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return ZoneInfo("UTC")


def local_date(now: datetime, zone: str) -> date:
    """Return the calendar day of an instant in a time zone."""
    return now.astimezone(zone_of(zone)).date()


def next_midnight(now: datetime, zone: str) -> datetime:
    """Return, in UTC, the instant at which the next day begins there.

    Where clocks skip midnight, the day begins as they skip: the time before the gap names the same instant.
    """
    there = zone_of(zone)
    tomorrow = now.astimezone(there).date() + timedelta(days=1)
    return datetime.combine(tomorrow, time(), there).astimezone(UTC)
