"""Changes of a cycle that a day's reading tells of: a month before, a week before, and on the day. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from itertools import pairwise
from typing import Any

from core.forecasts.changes import Change, changes_between
from core.forecasts.days import months_between
from core.numerology import BirthChart

TOLD_BEFORE = (30, 7, 0)
# Single letters come and go too often to be announced; the essence that they make is not.
TOLD = ("period", "pinnacle", "challenge", "personal_year", "essence", "personal_month")
_DAY = timedelta(1)


def changes_ahead(chart: BirthChart, on: date) -> list[dict[str, Any]]:
    """Return the changes that are 30 or 7 days ahead of a day or fall on it, as plain data, the nearest first.

    None before the day after the birth.
    """
    if on <= chart.birth_date or date.max - on < timedelta(max(TOLD_BEFORE)):
        return []
    last = on + timedelta(max(TOLD_BEFORE))
    found = [*changes_between(chart, on, last), *_months(chart, on, last)]
    told = [change for change in found if change.cycle in TOLD and (change.on - on).days in TOLD_BEFORE]
    return [
        {**change.to_dict(chart.birth_date), "in_days": (change.on - on).days}
        for change in sorted(told, key=lambda change: (change.on, TOLD.index(change.cycle)))
    ]


def _months(chart: BirthChart, on: date, last: date) -> Iterator[Change]:
    spans = [month.personal_span() for month in months_between(chart, on - _DAY, last)]
    return (Change(after.begins, before, after) for before, after in pairwise(spans))
