"""Counting the digits of a date, shared by the three grids.

Counts are ``bytes`` of length 10 indexed by digit; zeros are never counted.
"""

from collections.abc import Callable, Iterable
from datetime import date
from typing import Generic, TypeVar

_Pattern = TypeVar("_Pattern")
_PRESENT = bytes([0] + [1] * 255)
_REPEATED = bytes([0, 0] + [1] * 254)


class _PackedDigits(dict[int, int]):
    """The digits of a number as one integer with a byte per digit, so that counts of several numbers just add."""

    def __missing__(self, number: int) -> int:
        packed = self[number] = sum(256 ** int(digit) for digit in str(number) if digit != "0")
        return packed


_PACKED = _PackedDigits()


def date_digits(birth_date: date) -> int:
    """Return the packed digits of a date."""
    return _PACKED[birth_date.year] + _PACKED[birth_date.month] + _PACKED[birth_date.day]


def packed_digits(numbers: Iterable[int]) -> int:
    """Return the packed digits of several numbers below 10 000."""
    return sum(map(_PACKED.__getitem__, numbers))


def counts_of(packed: int) -> bytes:
    """Return how often each digit occurs in packed digits."""
    return packed.to_bytes(10, "little")


def digit_counts(birth_date: date, extra: Iterable[int] = ()) -> bytes:
    """Return how often each digit occurs in a date, and in the extra numbers where there are any.

    Extra numbers are small (below 10 000).

    >>> list(digit_counts(date(1990, 11, 22)))
    [0, 3, 2, 0, 0, 0, 0, 0, 0, 2]
    """
    return counts_of(date_digits(birth_date) + packed_digits(extra))


class Patterns(dict[bytes, _Pattern], Generic[_Pattern]):
    """What follows from which digits are present; at most 512 entries, each made once."""

    def __init__(self, make: Callable[[frozenset[int]], _Pattern]) -> None:
        super().__init__()
        self.make = make

    def __missing__(self, presence: bytes) -> _Pattern:
        pattern = self[presence] = self.make(frozenset(digit for digit in range(1, 10) if presence[digit]))
        return pattern

    def of(self, counts: bytes) -> _Pattern:
        """Return the pattern of the digits that occur."""
        return self[counts.translate(_PRESENT)]


_SORTED: Patterns[tuple[int, ...]] = Patterns(lambda present: tuple(sorted(present)))


def repeated_digits(counts: bytes) -> tuple[int, ...]:
    """Return the digits that occur at least twice."""
    return _SORTED[counts.translate(_REPEATED)]


def present_counts(counts: bytes) -> dict[int, int]:
    """Return the digits that occur with their counts."""
    return {digit: counts[digit] for digit in range(1, 10) if counts[digit]}
