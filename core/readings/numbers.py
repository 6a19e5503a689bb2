"""The numbers that a reading is made of: all that is stored of one, and what the engine says of a day."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from core.numerology import ENGINE_VERSION, Reduction
from core.numerology.day_table import day_row, options_of_key
from core.numerology.periods import cycle_year, personal_year, universal_cycles, universal_year
from core.numerology.presentation import number_dict
from core.numerology.reduction import reductions, root
from core.numerology.working import Term


@dataclass(frozen=True, slots=True)
class Numbers:
    """The columns of a DailyReading, which come from the engine and from the texts of the day they were made."""

    reading_date: date
    personal_year: int
    personal_month: int
    personal_day: int
    universal_day: int
    day_count: int
    life_path: int
    essence: int | None
    option_set: str
    edition: int
    content_version: int
    engine_version: int = ENGINE_VERSION


FIELDS = tuple(Numbers.__slots__)


def numbers_on(
    day: date,
    *,
    birth_month: int,
    birth_day: int,
    option_set: str,
    life_path: int,
    essence: int | None,
    edition: int,
    content_version: int,
) -> Numbers:
    """Return what the engine says of a day for somebody's key numbers. What SQL inserts equals this, by test."""
    row = day_row(birth_month, birth_day, day, options_of_key(option_set))
    return Numbers(
        reading_date=day,
        personal_year=row.personal_year,
        personal_month=row.personal_month,
        personal_day=row.personal_day,
        universal_day=row.universal_day,
        day_count=row.personal_day_count,
        life_path=life_path,
        essence=essence,
        option_set=option_set,
        edition=edition,
        content_version=content_version,
    )


def is_made_of(numbers: Numbers, *, birth_month: int, birth_day: int, option_set: str, life_path: int) -> bool:
    """Return whether these are still the numbers of a birthday: not after it was corrected, or the formula changed."""
    if (numbers.option_set, numbers.life_path) != (option_set, life_path):
        return False
    row = day_row(birth_month, birth_day, numbers.reading_date, options_of_key(option_set))
    return (row.personal_year, row.personal_month, row.personal_day) == (
        numbers.personal_year,
        numbers.personal_month,
        numbers.personal_day,
    )


def worked(numbers: Numbers, birthday: tuple[int, int] | None) -> dict[str, Any]:
    """Return universal day and personal year, month and day as plain data, each with what was added for it.

    Without a birthday (month, day) the personal year stands as it is.
    """
    options = options_of_key(numbers.option_set)
    masters, day = options.personal_masters, numbers.reading_date
    table = reductions(masters)

    def part(label: str, value: int) -> Term:
        # Where masters are kept, months and days are brought to one digit first.
        return Term(label, (value, root(value)) if masters and value > 9 else (value,))

    def number(value: int, *terms: Term) -> dict[str, Any] | None:
        found = table[sum(term.adds for term in terms)]
        return number_dict(found, terms) if found.value == value else number_dict(table[value])

    universal_month = universal_cycles(day, masters)[1].value
    return {
        "universal_day": number(
            numbers.universal_day, Term("universal month", (universal_month,)), part("day", day.day)
        ),
        "personal_year": _personal_year(numbers, birthday),
        "personal_month": number(
            numbers.personal_month, Term("personal year", (numbers.personal_year,)), part("month", day.month)
        ),
        "personal_day": number(
            numbers.personal_day, Term("personal month", (numbers.personal_month,)), part("day", day.day)
        ),
    }


def _personal_year(numbers: Numbers, birthday: tuple[int, int] | None) -> dict[str, Any] | None:
    options = options_of_key(numbers.option_set)
    masters = options.personal_masters
    plain = reductions(masters)[numbers.personal_year]
    if birthday is None:
        return number_dict(plain)
    year = cycle_year(*birthday, numbers.reading_date, options.personal_year_boundary)
    found: Reduction = personal_year(*birthday, year, masters)
    if found.value != numbers.personal_year:
        return number_dict(plain)
    labels = ("birth month", "birth day")
    parts = [
        Term(label, (value, root(value)) if masters and value > 9 else (value,))
        for label, value in zip(labels, birthday, strict=True)
    ]
    return number_dict(found, [*parts, Term("universal year", universal_year(year, masters).chain)])
