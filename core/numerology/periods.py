"""The short cycles: universal and personal years, months and days.

With no masters kept, every one of them is a digital root, so it can also be computed as ``1 + (n - 1) % 9``; the
day table relies on it. Where masters are kept, month and day are reduced to one digit first and the sum keeps them.
Source: docs/numerology.md#short-cycles.
"""

from datetime import date

from core.numerology.dates import had_birthday
from core.numerology.reduction import NO_MASTERS, Masters, Reduction, reductions, root


def universal_year(year: int, masters: Masters = NO_MASTERS) -> Reduction:
    """Return the Universal Year.

    Source: docs/numerology.md#universal-cycles.

    >>> universal_year(2009).value, universal_year(2009, frozenset({11, 22})).value
    (2, 11)
    """
    return reductions(masters)[year]


def _next_cycle(above: int, part: int, masters: Masters) -> Reduction:
    return reductions(masters)[above + (root(part) if masters else part)]


def universal_month(universal_year_value: int, month: int, masters: Masters = NO_MASTERS) -> Reduction:
    """Return the Universal Month: Universal Year + calendar month."""
    return _next_cycle(universal_year_value, month, masters)


def universal_day(universal_month_value: int, day: int, masters: Masters = NO_MASTERS) -> Reduction:
    """Return the Universal Day: Universal Month + day of the month."""
    return _next_cycle(universal_month_value, day, masters)


def universal_cycles(on: date, masters: Masters = NO_MASTERS) -> tuple[Reduction, Reduction, Reduction]:
    """Return Universal Year, Month and Day of one day."""
    year = universal_year(on.year, masters)
    month = universal_month(year.value, on.month, masters)
    return year, month, universal_day(month.value, on.day, masters)


def cycle_year(birth_month: int, birth_day: int, on: date, boundary: str = "calendar") -> int:
    """Return the year whose Personal Year holds on a day.

    With ``boundary="birthday"`` the year before still holds until the birthday.
    Source: docs/numerology.md#personal-year.
    """
    return on.year - (boundary == "birthday" and not had_birthday(birth_month, birth_day, on))


def personal_year(birth_month: int, birth_day: int, year: int, masters: Masters = NO_MASTERS) -> Reduction:
    """Return the Personal Year: birth month + birth day + Universal Year.

    Source: docs/numerology.md#personal-year.

    >>> personal_year(5, 15, 2003).value
    7
    """
    month, day = (root(birth_month), root(birth_day)) if masters else (birth_month, birth_day)
    return reductions(masters)[month + day + universal_year(year, masters).value]


def personal_month(personal_year_value: int, month: int, masters: Masters = NO_MASTERS) -> Reduction:
    """Return the Personal Month: Personal Year + calendar month."""
    return _next_cycle(personal_year_value, month, masters)


def personal_day(personal_month_value: int, day: int, masters: Masters = NO_MASTERS) -> Reduction:
    """Return the Personal Day: Personal Month + day of the month."""
    return _next_cycle(personal_month_value, day, masters)


def personal_cycles(
    birth_month: int, birth_day: int, on: date, masters: Masters = NO_MASTERS, boundary: str = "calendar"
) -> tuple[Reduction, Reduction, Reduction]:
    """Return Personal Year, Month and Day of one day."""
    year = personal_year(birth_month, birth_day, cycle_year(birth_month, birth_day, on, boundary), masters)
    month = personal_month(year.value, on.month, masters)
    return year, month, personal_day(month.value, on.day, masters)


def essence_of_day(year: int, month: int, day: int) -> Reduction:
    """Return the sum of a year, month and day number that one site calls essence; it is not the name Essence.

    Source: docs/numerology.md#day-essence.
    """
    return reductions(NO_MASTERS)[year + month + day]
