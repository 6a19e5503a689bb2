"""Dates, ages and the numbers that come from a birth date alone.

Every function takes its dates as arguments; nothing here reads a clock. Source: docs/numerology.md#date-numbers.
"""

import re
from datetime import date, datetime

from core.numerology.errors import EngineError
from core.numerology.reduction import (
    DEFAULT_MASTERS,
    KARMIC_DEBTS,
    NO_MASTERS,
    SINGLE_DIGITS,
    Masters,
    Reduction,
    digit_sum,
    reductions,
)

_ISO_DATE = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)


def parse_date(value: date | str, field: str = "birth_date") -> date:
    """Return a calendar date from a date or from ``YYYY-MM-DD``.

    Raises EngineError INVALID_DATE; a moment with a time of day is refused, because its date depends on a zone.
    """
    if type(value) is date or (isinstance(value, date) and not isinstance(value, datetime)):
        return value
    if isinstance(value, str) and _ISO_DATE.fullmatch(value):
        try:
            return date.fromisoformat(value)
        except ValueError:
            pass
    raise EngineError("INVALID_DATE", field, "Give a date that exists, as YYYY-MM-DD, with a year from 0001 to 9999.")


def parse_year(value: int, field: str = "year") -> int:
    """Return a year from 1 to 9999."""
    if type(value) is not int or not 1 <= value <= 9999:
        raise EngineError("INVALID_DATE", field, "A year is a whole number from 1 to 9999.")
    return value


def parse_month(value: int, field: str = "month") -> int:
    """Return a month from 1 to 12."""
    if type(value) is not int or not 1 <= value <= 12:
        raise EngineError("INVALID_DATE", field, "A month is a whole number from 1 to 12.")
    return value


def parse_day(value: int, field: str = "day") -> int:
    """Return a day of the month from 1 to 31."""
    if type(value) is not int or not 1 <= value <= 31:
        raise EngineError("INVALID_DATE", field, "A day is a whole number from 1 to 31.")
    return value


def had_birthday(birth_month: int, birth_day: int, on: date) -> bool:
    """Return whether the birthday of that year has come; 29 February comes on 1 March in common years."""
    return (on.month, on.day) >= (birth_month, birth_day)


def age_on(birth_date: date, on: date) -> int:
    """Return the completed years of a person on a day.

    Raises EngineError FUTURE_DATE when the birth lies after that day.

    >>> age_on(date(2000, 2, 29), date(2001, 2, 28)), age_on(date(2000, 2, 29), date(2001, 3, 1))
    (0, 1)
    """
    if birth_date > on:
        raise EngineError("FUTURE_DATE", "birth_date", "The birth date lies after the reference date.")
    return on.year - birth_date.year - (not had_birthday(birth_date.month, birth_date.day, on))


def birthday_in(year: int, birth_date: date) -> date:
    """Return the birthday of a year, 1 March for 29 February in common years; the last day there is beyond 9999.

    >>> birthday_in(2027, date(2000, 2, 29))
    datetime.date(2027, 3, 1)
    """
    if year > date.max.year:
        return date.max
    try:
        return birth_date.replace(year=year)
    except ValueError:
        return date(year, 3, 1)


def _digits(number: int) -> tuple[int, ...]:
    return (number, digit_sum(number)) if number > 9 else (number,)


def life_path_chains(
    birth_date: date, method: str = "grouped", masters: Masters = DEFAULT_MASTERS
) -> tuple[tuple[int, ...], tuple[int, ...], tuple[int, ...]]:
    """Return the steps of month, day and year; the last of each is what it adds to the Life Path total.

    Methods: docs/numerology.md#life-path. Raises EngineError INVALID_OPTION_VALUE for an unknown method.
    """
    month, day, year = birth_date.month, birth_date.day, birth_date.year
    if method == "grouped":
        table = reductions(masters)
        return table[month].chain, table[day].chain, table[year].chain
    if method == "grouped_single_parts":
        return SINGLE_DIGITS[month].chain, SINGLE_DIGITS[day].chain, SINGLE_DIGITS[year].chain
    if method == "digits":
        return _digits(month), _digits(day), _digits(year)
    if method == "straight":
        return (month,), (day,), (year,)
    if method == "md_ydigits":
        return (month,), (day,), _digits(year)
    raise EngineError(
        "INVALID_OPTION_VALUE",
        "life_path_method",
        "life_path_method takes one of: grouped, grouped_single_parts, digits, straight, md_ydigits.",
    )


def life_path(birth_date: date, method: str = "grouped", masters: Masters = DEFAULT_MASTERS) -> Reduction:
    """Return the Life Path of a birth date.

    Rule and methods: docs/numerology.md#life-path.

    >>> life_path(date(1992, 11, 29)).value, life_path(date(1961, 8, 4), "digits").value
    (7, 11)
    """
    month, day, year = life_path_chains(birth_date, method, masters)
    return reductions(masters)[month[-1] + day[-1] + year[-1]]


def birthday(day: int, masters: Masters = DEFAULT_MASTERS) -> Reduction:
    """Return the Birthday number; the raw day is its total.

    Source: docs/numerology.md#birthday.
    """
    return reductions(masters)[parse_day(day)]


def birthday_debt(day: int) -> int | None:
    """Return the day itself when it is one of the karmic days 13, 14, 16 and 19."""
    return day if day in KARMIC_DEBTS else None


def attitude(month: int, day: int, masters: Masters = NO_MASTERS) -> Reduction:
    """Return the Attitude number, elsewhere called Sun or Achievement: month and day added.

    Source: docs/numerology.md#attitude.
    """
    return reductions(masters)[month + day]


def generation(year: int, masters: Masters = DEFAULT_MASTERS) -> Reduction:
    """Return the Generation number: the reduced birth year.

    Source: docs/numerology.md#generation.
    """
    return reductions(masters)[year]


def date_digit_sum(birth_date: date) -> int:
    """Return the sum of all digits of a date."""
    return digit_sum(birth_date.year) + digit_sum(birth_date.month) + digit_sum(birth_date.day)
