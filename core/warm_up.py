"""What of this app a process keeps in memory (numerai/warm_up.py)."""

from __future__ import annotations

from datetime import timedelta

from django.utils import timezone

from core.numerology.day_table import day_table
from core.selectors.content import get_library
from numerai import warm_up


def register_all() -> None:
    """Register the texts of the present version, and the days that the day table counts."""
    warm_up.register("content", read_content)
    warm_up.register("day_table", count_days)


def read_content() -> None:
    """Read the texts, as the first request for one would."""
    get_library()


def count_days() -> None:
    """Count the days since 2020 for every personal year, of today and, where the year is about to turn, of tomorrow."""
    today = timezone.now().date()
    for day in (today, today + timedelta(days=1)):
        day_table(day)
