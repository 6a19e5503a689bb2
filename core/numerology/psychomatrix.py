"""The psychomatrix, also called Pythagoras square.

Source: docs/numerology.md#psychomatrix.
"""

from datetime import date
from typing import NamedTuple

from core.numerology.dates import date_digit_sum
from core.numerology.digit_grids import counts_of, date_digits, packed_digits, present_counts
from core.numerology.reduction import digit_sum, root

ROWS = ((1, 4, 7), (2, 5, 8), (3, 6, 9))
LINES = {
    "purpose": (1, 4, 7),
    "family": (2, 5, 8),
    "stability": (3, 6, 9),
    "self_esteem": (1, 2, 3),
    "livelihood": (4, 5, 6),
    "talent": (7, 8, 9),
    "spirituality": (1, 5, 9),
    "temperament": (3, 5, 7),
}


class Psychomatrix(NamedTuple):
    """The four working numbers and the counts of digits 1-9; ``digit_counts`` is indexed by digit."""

    working: tuple[int, int, int, int]
    digit_counts: bytes

    @property
    def cells(self) -> dict[int, str]:
        """Return each occurring digit written as often as it occurs."""
        return {digit: str(digit) * count for digit, count in present_counts(self.digit_counts).items()}

    @property
    def lines(self) -> dict[str, int]:
        """Return how many digits lie on each line."""
        return {name: sum(self.digit_counts[digit] for digit in digits) for name, digits in LINES.items()}


def working_numbers(birth_date: date, post2000: str = "same", use_root: bool = False) -> tuple[int, int, int, int]:
    """Return the four working numbers of a birth date; the third is negative for some births from 2000 on.

    ``post2000="add19"`` takes the first number + 19 as the third for those births; ``use_root`` reduces the second
    and the fourth fully instead of once. Source: docs/numerology.md#psychomatrix.

    >>> working_numbers(date(1990, 8, 15)), working_numbers(date(2000, 1, 9))
    ((33, 6, 31, 4), (12, 3, -6, 6))
    """
    return _working_numbers(date_digit_sum(birth_date), _first_digit(birth_date, post2000), use_root)


def counts_first_digit(year: int, post2000: str = "same") -> bool:
    """Return whether the first digit of the day enters for births of a year."""
    return post2000 == "same" or year < 2000


def first_digit_of(day: int) -> int:
    """Return the first digit of a day that is not zero."""
    return day if day < 10 else day // 10


def _first_digit(birth_date: date, post2000: str) -> int | None:
    return first_digit_of(birth_date.day) if counts_first_digit(birth_date.year, post2000) else None


def _working_numbers(first: int, first_digit: int | None, use_root: bool) -> tuple[int, int, int, int]:
    third = first + 19 if first_digit is None else first - 2 * first_digit
    shorten = root if use_root else digit_sum
    return first, shorten(first), third, shorten(third)


def psychomatrix(birth_date: date, post2000: str = "same", use_root: bool = False) -> Psychomatrix:
    """Return the psychomatrix of a birth date.

    Source: docs/numerology.md#psychomatrix.
    """
    return psychomatrix_of_digits(date_digits(birth_date), _first_digit(birth_date, post2000), use_root)


def psychomatrix_of_digits(digits: int, first_digit: int | None, use_root: bool = False) -> Psychomatrix:
    """Return the psychomatrix of a date's packed digits and the first digit of its day, if that counts."""
    total = sum(digit * count for digit, count in enumerate(counts_of(digits)))
    working = _working_numbers(total, first_digit, use_root)
    return Psychomatrix(working, counts_of(digits + packed_digits(map(abs, working))))
