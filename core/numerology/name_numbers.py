"""The numbers that come from the letters of a name.

Source: docs/numerology.md#name-numbers. The functions take *cased* parts (vowels.py): vowels in lower case.
"""

from collections.abc import Sequence

from core.numerology import letter_tally
from core.numerology.letter_tally import LetterFigures, LetterTally, PartTotals
from core.numerology.letters import PYTHAGOREAN, LetterTable
from core.numerology.reduction import (
    DEFAULT_MASTERS,
    NO_MASTERS,
    SINGLE_DIGITS,
    Masters,
    Reduction,
    ReductionTable,
    reductions,
)

# The other division of the planes, by digit. Source: docs/numerology.md#planes.
PLANE_DIGITS = {"physical": (4, 5), "mental": (1, 8), "emotional": (2, 3, 6), "intuitive": (7, 9)}


def part_totals(parts: Sequence[str], table: LetterTable = PYTHAGOREAN) -> PartTotals:
    """Return the sums of all letters, the vowels and the consonants of each cased part.

    >>> part_totals(["JoHN", "SMiTH"])[:3]
    ([20, 24], [6, 9], [14, 15])
    """
    return letter_tally.part_totals(_tally(table).words(parts))


def _tally(table: LetterTable) -> LetterTally:
    return letter_tally.letter_tally(table.name, table.finals)


def name_number(
    totals: Sequence[int], mode: str = "per_part", part_masters: bool = True, masters: Masters = DEFAULT_MASTERS
) -> Reduction | None:
    """Return the number of the letters whose part totals are given, or None where there are no such letters.

    ``per_part`` reduces each part first (to one digit when ``part_masters`` is false), ``total`` makes one sum.
    Source: docs/numerology.md#name-numbers.

    >>> name_number([32, 26, 18]).total, name_number([32, 26, 18], "total").total
    (22, 76)
    """
    table = reductions(masters)
    return combined(totals, table, None if mode == "total" else table if part_masters else SINGLE_DIGITS)


def combined(totals: Sequence[int], table: ReductionTable, parts: ReductionTable | None) -> Reduction | None:
    """Return the number of part totals, each reduced by ``parts`` first, or added as they are where that is None."""
    # A part without such letters adds 0, so the sum is 0 only when no part has any.
    if parts is None:
        return table[sum(totals)] or None
    return table[sum(map(parts.values_of, totals))] or None


def figures(parts: Sequence[str], table: LetterTable = PYTHAGOREAN) -> LetterFigures:
    """Return the counts of digits, planes and temperaments of a name, and the sums of the latter two.

    Sources: docs/numerology.md#inclusion and #planes. Letter values above 9 count as the digit of their root.
    """
    return letter_tally.letter_figures(_tally(table).words(parts))


class _DigitSets(dict[bytes, tuple[int, ...]]):
    """The digits 1-9 whose byte is 1; at most 512 entries, each made once."""

    def __missing__(self, chosen: bytes) -> tuple[int, ...]:
        digits = self[chosen] = tuple(digit for digit, byte in enumerate(chosen, 1) if byte)
        return digits


_digits = _DigitSets().__getitem__
_ABSENT = bytes([1] + [0] * 255)
_EQUAL_TO = [bytes(int(byte == count) for byte in range(256)) for count in range(256)]


def hidden_passion(counts: bytes) -> tuple[int, ...]:
    """Return every digit of the highest frequency, ascending.

    Source: docs/numerology.md#hidden-passion.

    >>> hidden_passion(figures(["AABBCC"]).digit_counts)
    (1, 2, 3)
    """
    return _digits(counts.translate(_EQUAL_TO[max(counts)]))


def karmic_lessons(counts: bytes, highest: int = 9) -> tuple[int, ...]:
    """Return the digits missing from a name; a table without nines has no lesson 9.

    Source: docs/numerology.md#karmic-lessons.

    >>> karmic_lessons(figures(["JEAN", "PIERRE", "BOISROND"]).digit_counts)
    (3, 8)
    """
    missing = _digits(counts.translate(_ABSENT))
    return missing if highest == 9 else tuple([digit for digit in missing if digit <= highest])


def subconscious_self(counts: bytes) -> int:
    """Return the number of different digits in a name, 9 less the karmic lessons.

    Source: docs/numerology.md#subconscious-self.
    """
    return 9 - counts.count(0)


def balance(parts: Sequence[str], table: LetterTable = PYTHAGOREAN, masters: Masters = NO_MASTERS) -> Reduction:
    """Return the Balance number: the initials added.

    Source: docs/numerology.md#balance.
    """
    values = table.values
    return reductions(masters)[sum([values[part[0]] for part in parts])]


def cornerstone(word: str) -> str:
    """Return the first letter of a word."""
    return word[0].upper()


def capstone(word: str) -> str:
    """Return the last letter of a word."""
    return word[-1].upper()


def first_vowel(cased_word: str) -> str | None:
    """Return the first vowel of a cased word, or None."""
    for letter in cased_word:
        if letter.islower():
            return letter.upper()
    return None


def keystone(word: str) -> str | None:
    """Return the middle letter of a word of odd length; an even one has none."""
    return word[len(word) // 2].upper() if len(word) % 2 else None


def plane_number(total: int, masters: Masters = DEFAULT_MASTERS) -> Reduction | None:
    """Return the number of a plane or temperament, or None when it has no letter."""
    return reductions(masters)[total] if total else None


def plane_digit_counts(counts: Sequence[int]) -> dict[str, int]:
    """Return how many letters lie on each plane by the division of digits, from the inclusion counts."""
    return {plane: sum(counts[digit - 1] for digit in digits) for plane, digits in PLANE_DIGITS.items()}
