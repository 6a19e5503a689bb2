"""The western birth chart of digits with its arrows.

Source: docs/numerology.md#birth-grid.
"""

from dataclasses import dataclass
from datetime import date
from typing import NamedTuple

from core.numerology.digit_grids import Patterns, digit_counts, present_counts

ROWS = ((3, 6, 9), (2, 5, 8), (1, 4, 7))
# Rows, columns, diagonals: arrow, what it means complete, what it means empty.
ARROWS = {
    "369": ("intellect", "poor memory"),
    "258": ("emotional balance", "sensitivity"),
    "147": ("practicality", "disorder"),
    "123": ("planner", "confusion"),
    "456": ("will", "frustration"),
    "789": ("activity", "hesitation"),
    "159": ("determination", "indecision"),
    "357": ("compassion", "scepticism"),
}


@dataclass(frozen=True, slots=True)
class Arrows:
    """The arrows whose three digits are all present, and those whose three are all absent."""

    full: tuple[str, ...]
    empty: tuple[str, ...]


def _arrows(present: frozenset[int]) -> Arrows:
    digits = {arrow: set(map(int, arrow)) for arrow in ARROWS}
    return Arrows(
        tuple(arrow for arrow in ARROWS if digits[arrow] <= present),
        tuple(arrow for arrow in ARROWS if digits[arrow].isdisjoint(present)),
    )


_PATTERNS: Patterns[Arrows] = Patterns(_arrows)


class BirthGrid(NamedTuple):
    """A filled grid; ``digit_counts`` is indexed by digit."""

    digit_counts: bytes
    arrows: Arrows

    @property
    def counts(self) -> dict[int, int]:
        return present_counts(self.digit_counts)

    @property
    def rows(self) -> tuple[tuple[int, ...], ...]:
        return tuple(tuple(self.digit_counts[digit] for digit in row) for row in ROWS)


def birth_grid(birth_date: date) -> BirthGrid:
    """Return the birth grid of a date.

    Source: docs/numerology.md#birth-grid.

    >>> birth_grid(date(1978, 3, 20)).arrows.full
    ('123', '789')
    """
    return birth_grid_of_counts(digit_counts(birth_date))


def birth_grid_of_counts(counts: bytes) -> BirthGrid:
    """Return the birth grid of counted digits."""
    return BirthGrid(counts, _PATTERNS.of(counts))
