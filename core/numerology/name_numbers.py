"""The numbers that come from the letters of a name.

Source: docs/numerology.md#name-numbers. The functions take *cased* parts (vowels.py): vowels in lower case.
"""

import struct
from collections.abc import Sequence
from functools import lru_cache

from core.numerology.letters import LATIN, PYTHAGOREAN, TABLES, LetterTable, letter_values
from core.numerology.reduction import DEFAULT_MASTERS, NO_MASTERS, SINGLE_DIGITS, Masters, Reduction, reductions, root

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
TEMPERAMENT_LETTERS = {
    name: "".join(sorted("".join(row))) for name, row in zip(TEMPERAMENTS, _PLANE_GRID, strict=True)
}
# The other division of the planes, by digit. Source: docs/numerology.md#planes.
PLANE_DIGITS = {"physical": (4, 5), "mental": (1, 8), "emotional": (2, 3, 6), "intuitive": (7, 9)}

DIGITS = range(1, 10)


def part_totals(parts: Sequence[str], table: LetterTable = PYTHAGOREAN) -> list[int]:
    """Return the sum of all letters of each part."""
    codes = table.codes
    if codes is not None:
        return [sum(part.encode().translate(codes)) for part in parts]
    return [sum(map(table.values.__getitem__, part)) for part in parts]


def vowel_totals(parts: Sequence[str], table: LetterTable = PYTHAGOREAN) -> list[int]:
    """Return the sum of the vowels of each cased part; 0 where a part has none."""
    codes = table.vowel_codes
    if codes is not None:
        return [sum(part.encode().translate(codes)) for part in parts]
    values = table.values
    return [sum(values[letter] for letter in part if letter.islower()) for part in parts]


def consonant_totals(totals: Sequence[int], vowels: Sequence[int]) -> list[int]:
    """Return the sum of the consonants of each part."""
    return [total - vowel for total, vowel in zip(totals, vowels, strict=True)]


def name_number(
    totals: Sequence[int], mode: str = "per_part", part_masters: bool = True, masters: Masters = DEFAULT_MASTERS
) -> Reduction | None:
    """Return the number of the letters whose part totals are given, or None where there are no such letters.

    ``per_part`` reduces each part first (to one digit when ``part_masters`` is false), ``total`` makes one sum.
    Source: docs/numerology.md#name-numbers.

    >>> name_number([32, 26, 18]).total, name_number([32, 26, 18], "total").total
    (22, 76)
    """
    one_sum = sum(totals)
    if not one_sum:
        return None
    table = reductions(masters)
    if mode == "total":
        return table[one_sum]
    parts = table if part_masters else SINGLE_DIGITS
    return table[sum([parts[total].value for total in totals])]


def inclusion(parts: Sequence[str], table: LetterTable = PYTHAGOREAN) -> tuple[int, ...]:
    """Return how often each digit 1-9 occurs among the letters; larger letter values count as their root.

    Source: docs/numerology.md#inclusion.
    """
    values = letter_values("".join(parts), table)
    if table.name != "pythagorean":
        values = bytes(map(root, values))
    return tuple(map(values.count, DIGITS))


def hidden_passion(counts: Sequence[int]) -> tuple[int, ...]:
    """Return every digit of the highest frequency, ascending.

    Source: docs/numerology.md#hidden-passion.
    """
    highest = max(counts)
    return tuple([digit for digit, count in enumerate(counts, 1) if count == highest])


def karmic_lessons(counts: Sequence[int], highest: int = 9) -> tuple[int, ...]:
    """Return the digits missing from a name; a table without nines has no lesson 9.

    Source: docs/numerology.md#karmic-lessons.
    """
    return tuple([digit for digit, count in enumerate(counts[:highest], 1) if not count])


def subconscious_self(counts: Sequence[int]) -> int:
    """Return the number of different digits in a name, 9 less the karmic lessons.

    Source: docs/numerology.md#subconscious-self.
    """
    return len(counts) - counts.count(0)


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
    return next((letter.upper() for letter in cased_word if letter.islower()), None)


def keystone(word: str) -> str | None:
    """Return the middle letter of a word of odd length; an even one has none."""
    return word[len(word) // 2].upper() if len(word) % 2 else None


@lru_cache(maxsize=None)
def _tallies(table_name: str) -> dict[int, int]:
    # Each letter is one integer of sixteen-bit fields: the value and a 1 in the fields of its plane and of its
    # temperament. Adding the integers of a name adds all fourteen fields at once.
    values = TABLES[table_name].values
    groups = [*(PLANE_LETTERS[plane] for plane in PLANES), *(TEMPERAMENT_LETTERS[name] for name in TEMPERAMENTS)]
    tallies: dict[int, int] = {}
    for letter in LATIN:
        fields = [field for group in groups for field in ((values[letter], 1) if letter in group else (0, 0))]
        packed = int.from_bytes(struct.pack("<14H", *fields), "little")
        tallies[ord(letter)] = tallies[ord(letter.lower())] = packed
    return tallies


def planes(parts: Sequence[str], table: LetterTable = PYTHAGOREAN) -> tuple[int, ...]:
    """Return sum and count of the letters on each plane, then of each temperament: fourteen figures.

    The order is that of PLANES and TEMPERAMENTS. Source: docs/numerology.md#planes.

    >>> planes(["ADA"])[:4]
    (4, 1, 2, 2)
    """
    tallies = _tallies(table.name)
    total = sum(map(tallies.__getitem__, "".join(parts).encode()))
    return struct.unpack("<14H", total.to_bytes(28, "little"))


def plane_number(total: int, masters: Masters = DEFAULT_MASTERS) -> Reduction | None:
    """Return the number of a plane or temperament, or None when it has no letter."""
    return reductions(masters)[total] if total else None


def plane_digit_counts(counts: Sequence[int]) -> dict[str, int]:
    """Return how many letters lie on each plane by the division of digits, from the inclusion counts."""
    return {plane: sum(counts[digit - 1] for digit in digits) for plane, digits in PLANE_DIGITS.items()}
