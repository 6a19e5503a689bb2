"""Changes of a cycle that a day's reading tells of: a month before, a week before, and on the day. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache
from itertools import pairwise
from typing import Any

from core.forecasts.changes import Change, changes_between
from core.forecasts.days import months_between
from core.forecasts.spans import long_spans
from core.numerology import BirthChart, Reduction
from core.numerology.dates import birthday_in
from core.numerology.day_table import options_of_key
from core.numerology.periods import personal_year

TOLD_BEFORE = (30, 7, 0)
# Single letters come and go too often to be announced; the essence that they make is not.
TOLD = ("period", "pinnacle", "challenge", "personal_year", "essence", "personal_month")
# The changes that have a message of their own, the longest first. The others are told in the reading alone.
TOLD_ALONE = ("period", "pinnacle", "challenge", "personal_year")
TOLD_ALONE_BEFORE = (7, 0)
_DAY = timedelta(1)


def may_change_ahead(on: date, birthday: tuple[int, int]) -> bool:
    """Return whether `changes_ahead` may find anything for somebody born on this month and day.

    Months turn on the 1st or on the birthday, and whatever is longer on 1 January or the birthday: on most days nothing
    does, and no chart need be made.
    """
    # Of the birth date only day and month matter here; a leap year knows all of them.
    born = date(2000, *birthday)
    days = (date.fromordinal(min(on.toordinal() + in_days, date.max.toordinal())) for in_days in TOLD_BEFORE)
    return any(day.day == 1 or day == birthday_in(day.year, born) for day in days)


def changes_ahead(chart: BirthChart, on: date) -> list[dict[str, Any]]:
    """Return the changes that are 30 or 7 days ahead of a day or fall on it, as plain data, the nearest first.

    None before the day after the birth.
    """
    if on <= chart.birth_date or date.max - on < timedelta(max(TOLD_BEFORE)):
        return []
    last = on + timedelta(max(TOLD_BEFORE))
    found = list(_months(chart, on, last))
    # Everything longer than a month turns on one of two days of the year: on all others it need not be looked for.
    if any(any(_turns(on + timedelta(in_days), chart.birth_date)) for in_days in TOLD_BEFORE):
        found += changes_between(chart, on, last)
    told = [change for change in found if change.cycle in TOLD and (change.on - on).days in TOLD_BEFORE]
    return [
        {**change.to_dict(chart.birth_date), "in_days": (change.on - on).days}
        for change in sorted(told, key=lambda change: (change.on, TOLD.index(change.cycle)))
    ]


@dataclass(frozen=True, slots=True)
class Turn:
    """A day on which some cycle may turn, and how many days ahead of it somebody is told. As text: 2027-01-01.7."""

    on: date
    in_days: int

    def __str__(self) -> str:
        return f"{self.on}.{self.in_days}"

    @classmethod
    def from_text(cls, text: str) -> Turn:
        """Return what str() made. Raises ValueError."""
        day, _, in_days = text.partition(".")
        return cls(date.fromisoformat(day), int(in_days))


@lru_cache(maxsize=20_000)
def turns_told_on(day: date, birth_month: int, birth_day: int, option_key: str) -> tuple[tuple[Turn, bool], ...]:
    """Return what may have to be told on a day to whoever has this birthday, and whether something turns for certain.

    All that is told alone turns on the birthday or on 1 January. Of the two, the one on which the Personal Year turns
    is certain; on the other it is a pinnacle, a challenge or a period, a few times in a life.
    """
    by_birthday = options_of_key(option_key).personal_year_boundary == "birthday"
    # Of the birth date only day and month matter here; a leap year knows all of them.
    birthday = date(2000, birth_month, birth_day)
    told = []
    for in_days in TOLD_ALONE_BEFORE:
        on = day + timedelta(in_days)
        is_birthday, is_new_year = _turns(on, birthday)
        if is_birthday or is_new_year:
            told.append((Turn(on, in_days), is_birthday if by_birthday else is_new_year))
    return tuple(told)


def _turns(on: date, born: date) -> tuple[bool, bool]:
    """Return whether a day is the birthday of somebody born on the other, and whether it begins a year."""
    return on == birthday_in(on.year, born), (on.month, on.day) == (1, 1)


def turning_on(chart: BirthChart, on: date) -> dict[str, Reduction]:
    """Return the numbers that begin on a day, of the cycles that are told alone. None up to the day of the birth."""
    born, options = chart.birth_date, chart.options
    if on <= born:
        return {}
    found = {cycle: span.number for cycle, spans in long_spans(chart).items() for span in spans if span.begins == on}
    begins = birthday_in(on.year, born) if options.personal_year_boundary == "birthday" else date(on.year, 1, 1)
    if on == begins:
        found["personal_year"] = personal_year(born.month, born.day, on.year, options.personal_masters)
    return found


def _months(chart: BirthChart, on: date, last: date) -> Iterator[Change]:
    spans = [month.personal_span() for month in months_between(chart, on - _DAY, last)]
    return (Change(after.begins, before, after) for before, after in pairwise(spans))
