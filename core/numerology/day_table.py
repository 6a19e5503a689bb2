"""The numbers of one local date for every birthday, as rows that a database can join.

Source: docs/numerology.md#day-table. The numbers are those of periods.py; nothing is calculated differently here.
"""

from bisect import bisect_right
from collections.abc import Iterable
from datetime import date, timedelta
from functools import lru_cache
from typing import NamedTuple

from core.numerology.options import DEFAULTS, Options
from core.numerology.periods import personal_cycles, personal_day, personal_month, personal_year, universal_cycles
from core.numerology.reduction import root

# Days with a personal number are counted from here on.
COUNTED_FROM = date(2020, 1, 1)
BIRTHDAYS = tuple((day.month, day.day) for day in (date(2000, 1, 1) + timedelta(n) for n in range(366)))


class DayRow(NamedTuple):
    """The numbers of one date for one birthday under one option key.

    ``personal_day_count`` is how many days from 2020-01-01 up to and including the date have a Personal Day of the
    same root: 2 and 11 are counted together.
    """

    option_key: str
    birth_month: int
    birth_day: int
    personal_year: int
    personal_month: int
    personal_day: int
    universal_year: int
    universal_month: int
    universal_day: int
    personal_day_count: int


def option_key(options: Options) -> str:
    """Return the part of the options that personal cycles depend on, as text that charts of one key share.

    >>> option_key(DEFAULTS)
    'calendar'
    """
    return "-".join([options.personal_year_boundary, *map(str, sorted(options.personal_masters))])


def options_of_key(key: str) -> Options:
    """Return options whose personal cycles are those of a key that ``option_key`` made.

    >>> sorted(options_of_key("birthday-11-22").personal_masters)
    [11, 22]
    """
    boundary, *masters = key.split("-")
    return Options(personal_year_boundary=boundary, personal_masters=frozenset(map(int, masters)))


def day_row(birth_month: int, birth_day: int, on: date, options: Options = DEFAULTS) -> DayRow:
    """Return the row of one birthday on one date.

    >>> day_row(9, 8, date(2026, 10, 7)).personal_day
    8
    """
    masters, boundary = options.personal_masters, options.personal_year_boundary
    year, month, day = personal_cycles(birth_month, birth_day, on, masters, boundary)
    universal_year, universal_month, universal_day = universal_cycles(on, masters)
    return DayRow(
        option_key(options),
        birth_month,
        birth_day,
        year.value,
        month.value,
        day.value,
        universal_year.value,
        universal_month.value,
        universal_day.value,
        personal_day_count(day.value, birth_month, birth_day, on, options),
    )


@lru_cache(maxsize=4096)
def _days_of_year(year: int, personal_year_root: int) -> dict[int, list[int]]:
    """Return the days of a year (1-366), by the root of the Personal Day, that the root of a Personal Year gives."""
    days: dict[int, list[int]] = {}
    day, ordinal = date(year, 1, 1), 1
    while day.year == year:
        month = personal_month(personal_year_root, day.month)
        days.setdefault(personal_day(month.value, day.day).value, []).append(ordinal)
        if day == date.max:
            break
        day += timedelta(1)
        ordinal += 1
    return days


def _birthday_ordinal(month: int, day: int, year: int) -> int:
    # 29 February is reached on 1 March of a common year, which is one day later in the year.
    leap = month != 2 or day != 29 or (year % 4 == 0 and (year % 100 != 0 or year % 400 == 0))
    return (date(year, month, day) if leap else date(year, 3, 1)).timetuple().tm_yday


def personal_day_count(number: int, birth_month: int, birth_day: int, on: date, options: Options = DEFAULTS) -> int:
    """Return how many days from 2020-01-01 to a date, both included, have a Personal Day of a number's root.

    Kept masters do not change the root of a day, so the count is the same with and without them. 0 before 2020.

    >>> personal_day_count(8, 7, 14, date(2020, 1, 9)), personal_day_count(8, 7, 14, date(2020, 1, 10))
    (1, 1)
    """
    number = root(number)
    count = 0
    for year in range(COUNTED_FROM.year, on.year + 1):
        end = on.timetuple().tm_yday if year == on.year else 366
        value = personal_year(birth_month, birth_day, year).value
        days = _days_of_year(year, value).get(number, [])
        if options.personal_year_boundary == "calendar":
            count += bisect_right(days, end)
            continue
        turn = min(_birthday_ordinal(birth_month, birth_day, year) - 1, end)
        before = personal_year(birth_month, birth_day, year - 1).value
        count += bisect_right(_days_of_year(year, before).get(number, []), turn)
        count += bisect_right(days, end) - bisect_right(days, turn)
    return count


def day_table(on: date, option_sets: Iterable[Options] = (DEFAULTS,)) -> list[DayRow]:
    """Return the rows of one date: 366 birthdays for each distinct option key.

    The rows are tuples of text and small integers in the order of DayRow, ready for ``unnest``.
    """
    distinct = {option_key(options): options for options in option_sets}
    return [day_row(month, day, on, options) for options in distinct.values() for month, day in BIRTHDAYS]
