"""Forecast, month, life and next changes of one person, as plain data."""

from __future__ import annotations

import calendar
from datetime import date
from typing import Any

from core.forecasts.changes import Change, changes_between, next_changes
from core.forecasts.days import days_between, months_between
from core.forecasts.spans import life_spans
from core.numerology import ENGINE_VERSION, BirthChart
from core.numerology.dates import age_on, birthday_in

# The stretch of years that is called a whole life.
LIFE_YEARS = 120
BY_DAY, BY_MONTH = "day", "month"


def forecast(chart: BirthChart, first: date, last: date, *, by: str) -> dict[str, Any]:
    """Return the short cycles of each day or month, the longer ones that hold meanwhile, and when they change."""
    born = chart.birth_date
    return {
        **_how(chart),
        "from_date": first.isoformat(),
        "to_date": last.isoformat(),
        "by": by,
        "days": [day.to_dict() for day in days_between(chart, first, last)] if by == BY_DAY else None,
        "months": [month.to_dict() for month in months_between(chart, first, last)] if by == BY_MONTH else None,
        "cycles": _cycles(chart, first, last),
        "changes": _told(changes_between(chart, first, last), born),
    }


def month(chart: BirthChart, first: date) -> dict[str, Any]:
    """Return the days of the month that begins on a day, each with what changes on it; none before the birth."""
    born = chart.birth_date
    last = first.replace(day=calendar.monthrange(first.year, first.month)[1])
    shown = max(first, born)
    changes = changes_between(chart, shown, last)
    return {
        **_how(chart),
        "month": first.isoformat()[:7],
        "months": [month.to_dict() for month in months_between(chart, shown, last)],
        "days": [
            {
                **day.to_dict(),
                "weekday": day.on.isoweekday(),
                "changes": _told([change for change in changes if change.on == day.on], born),
            }
            for day in days_between(chart, shown, last)
        ],
    }


def timeline(chart: BirthChart, on: date) -> dict[str, Any]:
    """Return every cycle of a life of LIFE_YEARS years; `on` says which of them hold now."""
    born = chart.birth_date
    return {
        **_how(chart),
        "on": on.isoformat(),
        "age": age_on(born, on),
        "from_date": born.isoformat(),
        "to_date": birthday_in(born.year + LIFE_YEARS, born).isoformat(),
        "cycles": {
            cycle: [{**span.to_dict(born), "is_current": span.overlaps(on, on)} for span in spans]
            for cycle, spans in life_spans(chart, born, birthday_in(born.year + LIFE_YEARS, born)).items()
        },
    }


def coming_changes(chart: BirthChart, on: date) -> dict[str, Any]:
    """Return the next change of each cycle after a day, the nearest first, with the days until then."""
    born = chart.birth_date
    return {
        **_how(chart),
        "on": on.isoformat(),
        "changes": [{**change.to_dict(born), "in_days": (change.on - on).days} for change in next_changes(chart, on)],
    }


def _how(chart: BirthChart) -> dict[str, Any]:
    return {"engine_version": ENGINE_VERSION, "preset": chart.preset}


def _cycles(chart: BirthChart, first: date, last: date) -> dict[str, Any]:
    born = chart.birth_date
    return {cycle: [span.to_dict(born) for span in spans] for cycle, spans in life_spans(chart, first, last).items()}


def _told(changes: list[Change], born: date) -> list[dict[str, Any]]:
    return [change.to_dict(born) for change in changes]
