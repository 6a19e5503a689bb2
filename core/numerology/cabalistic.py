"""The Brazilian cabalistic profile.

Source: docs/numerology.md#cabalistic. It keeps 11 and 22, counts every name in one sum and Y as a consonant.
"""

from collections.abc import Sequence
from datetime import date
from itertools import pairwise

from core.numerology import cycles
from core.numerology.dates import date_digit_sum
from core.numerology.letters import CABALISTIC, letter_values
from core.numerology.name_numbers import hidden_passion
from core.numerology.reduction import Masters, Reduction, reductions, root

MASTERS: Masters = frozenset({11, 22})


def destiny(birth_date: date, masters: Masters = MASTERS) -> Reduction:
    """Return Destiny: all digits of the date."""
    return reductions(masters)[date_digit_sum(birth_date)]


def mission(expression: int, destiny_value: int, masters: Masters = MASTERS) -> Reduction:
    """Return Mission: Expression + Destiny."""
    return reductions(masters)[expression + destiny_value]


def hidden_talent(parts: Sequence[str], masters: Masters = MASTERS) -> Reduction:
    """Return Hidden Talent: the initials added."""
    return reductions(masters)[sum(CABALISTIC.values[part[0]] for part in parts)]


def hidden_tendencies(counts: bytes) -> tuple[int, ...]:
    """Return the most frequent digits 1-8; a name whose letters are all nines has none."""
    return hidden_passion(counts[:8]) if any(counts[:8]) else ()


def life_cycles(birth_date: date, masters: Masters = MASTERS) -> tuple[Reduction, Reduction, Reduction]:
    """Return the life cycles: month, day and year."""
    return cycles.period_cycles(birth_date, masters)


def triangle_base(parts: Sequence[str]) -> tuple[int, ...]:
    """Return the base row of the Life Triangle: the value of every letter."""
    return tuple(letter_values("".join(parts), CABALISTIC))


def triangle(base: Sequence[int]) -> tuple[tuple[int, ...], ...]:
    """Return every row of the Life Triangle: neighbours added and reduced to one digit, down to one value.

    Source: docs/numerology.md#life-triangle.

    >>> triangle((3, 2, 1))
    ((3, 2, 1), (5, 3), (8,))
    """
    rows = [tuple(base)]
    while len(rows[-1]) > 1:
        above = rows[-1]
        rows.append(tuple([root(left + right) for left, right in pairwise(above)]))
    return tuple(rows)


def triangle_arcana(base: Sequence[int]) -> tuple[int, ...]:
    """Return the arcana: each adjacent pair of the base row read as two digits."""
    return tuple([10 * left + right for left, right in pairwise(base)])


def triangle_regent(base: Sequence[int]) -> int:
    """Return the regent, the one value at the end of the triangle."""
    return triangle(base)[-1][0]
