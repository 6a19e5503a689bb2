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

# Counts of digits 1-9, counts and sums of planes and temperaments, Chaldean total, vowels, all letters. The last two
# stand highest, so that one shift leaves them as a small number: what a part's own numbers depend on.
_FIELDS = struct.Struct("<9s7B7HHII")
_TOTAL_MASK = 0xFFFFFFFF
_SIZE = _FIELDS.size
SUMS_SHIFT = 8 * (_SIZE - 8)
CHALDEAN_SHIFT, CHALDEAN_MASK = SUMS_SHIFT - 16, 0xFFFF


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
                counts,
                *member,
                *(value * each for each in member),
                CHALDEAN.values[latin] if latin in LATIN else 0,
                value if cased.islower() else 0,
                value,
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


def split_sums(sums: int) -> tuple[int, int, int]:
    """Return the sums of all letters, the vowels and the consonants from the fields above SUMS_SHIFT."""
    letters, vowels = sums >> 32, sums & _TOTAL_MASK
    return letters, vowels, letters - vowels


def figures_of(name: int) -> tuple[bytes, tuple[int, ...], tuple[int, ...]]:
    """Return the counts and sums of a whole name, the sum of its words, in the order of LetterFigures."""
    unpacked = _FIELDS.unpack(name.to_bytes(_SIZE, "little"))
    return unpacked[0], unpacked[1:8], unpacked[8:15]


def part_totals(words: Sequence[int]) -> PartTotals:
    """Return the sums of each word from its packed integer."""
    sums = [split_sums(word >> SUMS_SHIFT) for word in words]
    letters, vowels, consonants = ([each[column] for each in sums] for column in range(3))
    return PartTotals(letters, vowels, consonants, [word >> CHALDEAN_SHIFT & CHALDEAN_MASK for word in words])


def letter_figures(words: Sequence[int]) -> LetterFigures:
    """Return the counts and sums of all words together."""
    return LetterFigures(*figures_of(sum(words)))
