"""The long cycles: periods, pinnacles and challenges.

Source: docs/numerology.md#long-cycles.
"""

from datetime import date

from core.numerology.reduction import DEFAULT_MASTERS, SINGLE_DIGITS, Masters, Reduction, reductions, root

Span = tuple[int, int | None]
Four = tuple[Reduction, Reduction, Reduction, Reduction]


def period_cycles(birth_date: date, masters: Masters = DEFAULT_MASTERS) -> tuple[Reduction, Reduction, Reduction]:
    """Return the three Period cycles: birth month, day and year.

    Source: docs/numerology.md#period-cycles.
    """
    table = reductions(masters)
    return table[birth_date.month], table[birth_date.day], table[birth_date.year]


def period_turn_ages(life_path: int, rule: str = "personal_year_1") -> tuple[int, int]:
    """Return the ages at which the second and the third Period cycle begin.

    By default they begin on 1 January of the first Personal Year 1 in which the person turns at least 26.
    Source: docs/numerology.md#period-cycles.

    >>> period_turn_ages(1), period_turn_ages(11), period_turn_ages(1, "period_36")
    ((27, 54), (26, 53), (35, 62))
    """
    if rule == "fixed":
        return 27, 54
    if rule == "fixed_28":
        return 28, 56
    first = 36 - root(life_path) if rule == "period_36" else 26 + (2 - root(life_path)) % 9
    return first, first + 27


def pinnacles_of_parts(
    month: int, day: int, year: int, masters: Masters = DEFAULT_MASTERS, p3_reduced: bool = False
) -> Four:
    """Return the four Pinnacles of a reduced month, day and year."""
    table = reductions(masters)
    first, second = table[month + day], table[day + year]
    third = first.root + second.root if p3_reduced else first.value + second.value
    return first, second, table[third], table[month + year]


def pinnacles(
    birth_date: date, masters: Masters = DEFAULT_MASTERS, part_masters: bool = True, p3_reduced: bool = False
) -> Four:
    """Return the four Pinnacles: month + day, day + year, the first two together, month + year.

    Source: docs/numerology.md#pinnacles.

    >>> [pinnacle.value for pinnacle in pinnacles(date(1949, 5, 15))]
    [11, 11, 22, 1]
    """
    parts = reductions(masters) if part_masters else SINGLE_DIGITS
    month, day, year = parts[birth_date.month].value, parts[birth_date.day].value, parts[birth_date.year].value
    return pinnacles_of_parts(month, day, year, masters, p3_reduced)


def pinnacle_ends(life_path: int) -> tuple[int, int, int]:
    """Return the last ages of the first three Pinnacles: 36 less the Life Path root, then nine years each.

    Source: docs/numerology.md#pinnacle-ages.
    """
    end = 36 - root(life_path)
    return end, end + 9, end + 18


def pinnacle_spans(life_path: int, boundary: str = "inclusive") -> tuple[Span, Span, Span, Span]:
    """Return the first and last age of each Pinnacle; the last has no end.

    ``inclusive`` changes on the birthday after the end age, ``exact_birthday`` on the birthday of the end age;
    ``calendar`` as inclusive, but on 1 January of that year. Source: docs/numerology.md#pinnacle-ages.

    >>> pinnacle_spans(4)
    ((0, 32), (33, 41), (42, 50), (51, None))
    """
    turn = 36 - root(life_path) + (boundary != "exact_birthday")
    return (0, turn - 1), (turn, turn + 8), (turn + 9, turn + 17), (turn + 18, None)


def challenges_of_parts(month: int, day: int, year: int, count: int = 4) -> tuple[int, ...]:
    """Return the Challenges of a month, day and year, reduced or not: only their roots count."""
    month, day, year = root(month), root(day), root(year)
    first, second = abs(month - day), abs(day - year)
    return (first, second, abs(first - second), abs(month - year))[:count]


def challenges(birth_date: date, count: int = 4) -> tuple[int, ...]:
    """Return the Challenges, distances of 0-8 between the roots of month, day and year.

    The third is the main one. Source: docs/numerology.md#challenges.

    >>> challenges(date(1962, 7, 3))
    (4, 6, 2, 2)
    """
    return challenges_of_parts(birth_date.month, birth_date.day, birth_date.year, count)


_APPROXIMATE_SPANS: tuple[Span, ...] = ((0, 34), (35, 57), (0, None), (58, None))


def challenge_spans(life_path: int, ages: str = "approximate", count: int = 4) -> tuple[Span, ...]:
    """Return the ages of the Challenges: roughly, or those of the Pinnacles.

    Sources give the rough ages as ranges (30-35, 55-60); the middle is taken. Source: docs/numerology.md#challenges.
    """
    return (pinnacle_spans(life_path) if ages == "pinnacle" else _APPROXIMATE_SPANS)[:count]


def pinnacle_index(spans: tuple[Span, Span, Span, Span], age: int) -> int:
    """Return which of the four Pinnacles, 0-3, holds at an age."""
    return (age >= spans[1][0]) + (age >= spans[2][0]) + (age >= spans[3][0])


def period_index(life_path: int, years_since_birth_year: int, rule: str = "personal_year_1") -> int:
    """Return which Period cycle, 0-2, holds in a calendar year; they change on 1 January."""
    second, third = period_turn_ages(life_path, rule)
    return (years_since_birth_year >= second) + (years_since_birth_year >= third)
