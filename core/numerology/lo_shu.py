"""The Lo Shu grid.

Source: docs/numerology.md#lo-shu.
"""

from dataclasses import dataclass
from datetime import date
from typing import NamedTuple

from core.numerology.dates import date_digit_sum
from core.numerology.digit_grids import Patterns, digit_counts, present_counts, repeated_digits

ROWS = ((4, 9, 2), (3, 5, 7), (8, 1, 6))
LINES = {
    "mental": (4, 9, 2),
    "emotional": (3, 5, 7),
    "practical": (8, 1, 6),
    "thought": (4, 3, 8),
    "will": (9, 5, 1),
    "action": (2, 7, 6),
    "golden_yog": (4, 5, 6),
    "silver_yog": (2, 5, 8),
}


@dataclass(frozen=True, slots=True)
class LoShuPattern:
    """Absent digits, and the lines that are complete or wholly missing."""

    missing: tuple[int, ...]
    complete_lines: tuple[str, ...]
    missing_lines: tuple[str, ...]


def _pattern(present: frozenset[int]) -> LoShuPattern:
    return LoShuPattern(
        tuple(digit for digit in range(1, 10) if digit not in present),
        tuple(name for name, digits in LINES.items() if present.issuperset(digits)),
        tuple(name for name, digits in LINES.items() if present.isdisjoint(digits)),
    )


_PATTERNS: Patterns[LoShuPattern] = Patterns(_pattern)


class LoShu(NamedTuple):
    """A filled grid; ``digit_counts`` is indexed by digit."""

    digit_counts: bytes
    pattern: LoShuPattern
    repeated: tuple[int, ...]

    @property
    def missing(self) -> tuple[int, ...]:
        return self.pattern.missing

    @property
    def counts(self) -> dict[int, int]:
        return present_counts(self.digit_counts)

    @property
    def rows(self) -> tuple[tuple[int, ...], ...]:
        return tuple(tuple(self.digit_counts[digit] for digit in row) for row in ROWS)


def added_numbers(
    birth_date: date,
    add: tuple[str, ...],
    *,
    driver: int,
    conductor: int,
    kua: int | None = None,
    name: int | None = None,
    skip_single_day_driver: bool = False,
) -> tuple[int, ...]:
    """Return the numbers that a school writes into the grid besides the date; those not known are left out.

    ``total_digits`` adds the digits of the date's unreduced digit sum. With ``skip_single_day_driver`` the driver of
    a one-digit day, which stands in the date already, is not written again.
    """
    known = {
        "driver": None if skip_single_day_driver and birth_date.day < 10 else driver,
        "conductor": conductor,
        "kua": kua,
        "total_digits": date_digit_sum(birth_date),
        "name": name,
    }
    return tuple([number for key in add if (number := known[key]) is not None])


def lo_shu(birth_date: date, extra: tuple[int, ...] = ()) -> LoShu:
    """Return the Lo Shu grid of a birth date with the extra numbers a school adds.

    Source: docs/numerology.md#lo-shu.

    >>> lo_shu(date(1973, 12, 9), (9, 5)).missing
    (4, 6, 8)
    """
    return lo_shu_of_counts(digit_counts(birth_date, extra))


def lo_shu_of_counts(counts: bytes) -> LoShu:
    """Return the Lo Shu grid of counted digits."""
    return LoShu(counts, _PATTERNS.of(counts), repeated_digits(counts))
