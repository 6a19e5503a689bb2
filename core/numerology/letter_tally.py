"""Everything that is summed or counted over the letters of a word, in one pass.

Each letter is one integer made of fixed fields: its value, its value again if it is a vowel, a 1 in the field of its
digit, of its plane and of its temperament, and so on. Adding the integers of a word adds all its fields at once, and
adding the words gives the name. 255 letters, the limit of a name, cannot overflow a field.
"""

import struct
from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

from core.numerology.letters import CHALDEAN, LATIN, LetterTable, base_letter, letter_table
from core.numerology.reduction import root

PLANES = ("physical", "mental", "emotional", "intuitive")
TEMPERAMENTS = ("creative", "vacillating", "grounded")

# Rows are the temperaments, columns the planes. Source: docs/numerology.md#planes.
_PLANE_GRID = (
    ("E", "A", "IORZ", "K"),
    ("W", "HJNP", "BSTX", "FQUY"),
    ("DM", "GL", "", "CV"),
)
PLANE_LETTERS = {
    plane: "".join(sorted("".join(row[column] for row in _PLANE_GRID))) for column, plane in enumerate(PLANES)
}
TEMPERAMENT_LETTERS = {name: "".join(sorted("".join(row))) for name, row in zip(TEMPERAMENTS, _PLANE_GRID, strict=True)}
_GROUPS = (*PLANE_LETTERS.values(), *TEMPERAMENT_LETTERS.values())

# Total, vowels, counts of digits 1-9, counts and sums of planes and temperaments, Chaldean total.
_FIELDS = struct.Struct("<II9s7B7HH")
_TOTAL_MASK = 0xFFFFFFFF
_CHALDEAN_SHIFT = 8 * (_FIELDS.size - 2)


class PartTotals(NamedTuple):
    """The sums of each part of a name."""

    letters: list[int]
    vowels: list[int]
    consonants: list[int]
    chaldean: list[int]


class LetterFigures(NamedTuple):
    """The counts and sums of a whole name.

    ``digit_counts`` holds the counts of digits 1-9. Planes and temperaments follow the order of PLANES and
    TEMPERAMENTS; letters outside A-Z lie on none.
    """

    digit_counts: bytes
    plane_counts: tuple[int, ...]
    plane_sums: tuple[int, ...]


class LetterTally(dict[str, int]):
    """The packed integers of one table, by cased letter (vowels in lower case)."""

    def __init__(self, table: LetterTable) -> None:
        super().__init__()
        self.table = table

    def __missing__(self, cased: str) -> int:
        value = self.table.values[cased]
        digit = root(value)
        counts = bytes(int(each == digit) for each in range(1, 10))
        latin = base_letter(cased).upper()
        member = [int(latin in group) for group in _GROUPS]
        packed = self[cased] = int.from_bytes(
            _FIELDS.pack(
                value,
                value if cased.islower() else 0,
                counts,
                *member,
                *(value * each for each in member),
                CHALDEAN.values[latin] if latin in LATIN else 0,
            ),
            "little",
        )
        return packed

    def words(self, cased: Sequence[str]) -> list[int]:
        """Return the packed integer of each word."""
        look_up = self.__getitem__
        return [sum(map(look_up, word)) for word in cased]


@lru_cache(maxsize=32)
def letter_tally(table: str, finals: str = "ordinary") -> LetterTally:
    """Return the shared tally of a table."""
    return LetterTally(letter_table(table, finals))


def part_totals(words: Sequence[int]) -> PartTotals:
    """Return the sums of each word from its packed integer."""
    letters, vowels, consonants, chaldean = [], [], [], []
    for word in words:
        total, vowel = word & _TOTAL_MASK, word >> 32 & _TOTAL_MASK
        letters.append(total)
        vowels.append(vowel)
        consonants.append(total - vowel)
        chaldean.append(word >> _CHALDEAN_SHIFT)
    return PartTotals(letters, vowels, consonants, chaldean)


def letter_figures(words: Sequence[int]) -> LetterFigures:
    """Return the counts and sums of all words together."""
    unpacked = _FIELDS.unpack(sum(words).to_bytes(_FIELDS.size, "little"))
    return LetterFigures(unpacked[2], unpacked[3:10], unpacked[10:17])
