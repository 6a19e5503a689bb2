"""The short cycles of a stretch of days: by day, and by month. Source: docs/numerology.md#short-cycles."""

from __future__ import annotations

import calendar
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from core.forecasts.spans import Span
from core.numerology import BirthChart, Reduction
from core.numerology.dates import birthday_in
from core.numerology.periods import personal_cycles, universal_cycles

_DAY = timedelta(1)
_UNITS = ("year", "month", "day")


@dataclass(frozen=True, slots=True)
class Day:
    """The universal and personal year, month and day of one day."""

    on: date
    universal: tuple[Reduction, Reduction, Reduction]
    personal: tuple[Reduction, Reduction, Reduction]

    def numbers(self, units: int = 3) -> dict[str, int]:
        """Return the values by name: of the years, of years and months, or of all three."""
        both = (("universal", self.universal), ("personal", self.personal))
        return {
            f"{scope}_{unit}": number.value
            for scope, numbers in both
            for unit, number in list(zip(_UNITS, numbers, strict=True))[:units]
        }

    def to_dict(self) -> dict[str, Any]:
        """Return it as plain data."""
        return {"on": self.on.isoformat(), **self.numbers()}


@dataclass(frozen=True, slots=True)
class Month:
    """The days, both included, on which neither year nor month changes: a calendar month, or a part of one."""

    begins: date
    ends: date
    day: Day

    def to_dict(self) -> dict[str, Any]:
        """Return it as plain data."""
        return {"from_date": self.begins.isoformat(), "to_date": self.ends.isoformat(), **self.day.numbers(2)}

    def personal_span(self) -> Span:
        """Return the personal month."""
        return Span("personal_month", self.day.personal[1], self.begins, self.ends)


def day_of(chart: BirthChart, on: date) -> Day:
    """Return the numbers of one day."""
    born, options = chart.birth_date, chart.options
    masters, boundary = options.personal_masters, options.personal_year_boundary
    personal = personal_cycles(born.month, born.day, on, masters, boundary)
    return Day(on, universal_cycles(on, masters), personal)


def days_between(chart: BirthChart, first: date, last: date) -> list[Day]:
    """Return the numbers of each day from the first to the last, both included."""
    return [day_of(chart, first + timedelta(n)) for n in range((last - first).days + 1)]


def months_between(chart: BirthChart, first: date, last: date) -> Iterator[Month]:
    """Yield the months from the first day to the last, both included; the outer ones are cut there.

    Where the Personal Year turns on the birthday, the month of the birthday comes in two parts.
    """
    by_birthday = chart.options.personal_year_boundary == "birthday"
    begins = first
    while True:
        ends = min(last, begins.replace(day=calendar.monthrange(begins.year, begins.month)[1]))
        turn = birthday_in(begins.year, chart.birth_date)
        if by_birthday and begins < turn <= ends:
            ends = turn - _DAY
        yield Month(begins, ends, day_of(chart, begins))
        if ends >= last:
            return
        begins = ends + _DAY
