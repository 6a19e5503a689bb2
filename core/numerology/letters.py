"""Letter tables: which number each letter has in each school.

Source: docs/numerology.md#letter-tables.
"""

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

from core.numerology.reduction import root

LATIN = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_RUSSIAN_33 = "АБВГДЕЁЖЗИЙКЛМНОПРСТУФХЦЧШЩЪЫЬЭЮЯ"
_UKRAINIAN_33 = "АБВГҐДЕЄЖЗИІЇЙКЛМНОПРСТУФХЦЧШЩЬЮЯ"
_HEBREW = "אבגדהוזחטיכלמנסעפצקרשת"
_HEBREW_FINALS = "ךםןףץ"
_HEBREW_FINAL_BASES = "כמנפצ"
_GREEK = "ΑΒΓΔΕϚΖΗΘΙΚΛΜΝΞΟΠϞΡΣΤΥΦΧΨΩϠ"
_ARABIC = "ابجدهوزحطيكلمنسعفصقرشتثخذضظغ"

# 1-9, then tens, hundreds and one thousand, as the alphabetic numerals of the Near East count.
_NUMERALS = [*range(1, 10), *range(10, 100, 10), *range(100, 1001, 100)]

# What a mark adds in the Brazilian table: acute, grave, diaeresis; tilde; circumflex, ring.
CABALISTIC_MARKS = {"\u0301": 2, "\u0300": 2, "\u0308": 2, "\u0303": 3, "\u0302": 7, "\u030a": 7}
CEDILLA = "\u0327"


def base_letter(letter: str) -> str:
    """Return a letter without its marks: Ã is A."""
    return unicodedata.normalize("NFD", letter)[0]


@dataclass(frozen=True)
class LetterTable:
    """The values of one alphabet.

    ``values`` knows each letter in upper case (a consonant) and lower case (a vowel, see vowels.py).
    ``codes`` is ready for ``bytes.translate`` and exists for plain Latin tables only. ``highest`` is the largest
    digit that a name can show.
    """

    name: str
    script: str
    values: Mapping[str, int]
    vowels: str
    highest: int = 9
    codes: bytes | None = None
    finals: str = "ordinary"


def _with_both_cases(values: Mapping[str, int]) -> dict[str, int]:
    return {**values, **{letter.lower(): value for letter, value in values.items()}}


def _latin_table(name: str, values: Mapping[str, int], highest: int = 9) -> LetterTable:
    codes = bytearray(256)
    for letter, value in values.items():
        codes[ord(letter)] = codes[ord(letter.lower())] = value
    return LetterTable(name, "latin", _with_both_cases(values), "AEIOU", highest, bytes(codes))


def _from_groups(groups: Mapping[int, str]) -> dict[str, int]:
    return {letter: value for value, letters in groups.items() for letter in letters}


def _cyclic(alphabet: str) -> dict[str, int]:
    return {letter: index % 9 + 1 for index, letter in enumerate(alphabet)}


class _CabalisticValues(dict[str, int]):
    """Chaldean values with X = 4; the mark of an accented letter adds to it and the sum becomes one digit."""

    def __missing__(self, letter: str) -> int:
        base, *marks = list(unicodedata.normalize("NFD", letter))
        if base.upper() == "C" and CEDILLA in marks:
            value = 8
        else:
            value = root(self[base] + sum(CABALISTIC_MARKS.get(mark, 0) for mark in marks))
        self[letter] = value
        return value


_CHALDEAN = _from_groups(
    {1: "AIJQY", 2: "BKR", 3: "CGLS", 4: "DMT", 5: "EHNX", 6: "UVW", 7: "OZ", 8: "FP"},
)
_HEBREW_VALUES = dict(zip(_HEBREW, _NUMERALS, strict=False))
_ARABIC_VALUES = dict(zip(_ARABIC, _NUMERALS, strict=True))
# Persian keyboards write kaf and ya with their own code points; alef wasla is an alef.
_ARABIC_VALUES |= {"ة": 5, "ى": 10, "ی": 10, "ک": 20, "ٱ": 1}
_GREEK_VALUES = dict(zip(_GREEK, _NUMERALS, strict=False)) | {"Ϝ": 6, "Ϙ": 90}

TABLES: Mapping[str, LetterTable] = {
    table.name: table
    for table in (
        _latin_table("pythagorean", _cyclic(LATIN)),
        _latin_table("chaldean", _CHALDEAN, highest=8),
        _latin_table("vedic", _CHALDEAN, highest=8),
        _latin_table("sepharial", _CHALDEAN | {"C": 2, "H": 8, "X": 6}, highest=8),
        LetterTable("cabalistic", "latin_marked", _CabalisticValues(_with_both_cases(_CHALDEAN | {"X": 4})), "AEIOU"),
        _latin_table("english_ordinal", {letter: i for i, letter in enumerate(LATIN, 1)}),
        _latin_table("english_reverse", {letter: 27 - i for i, letter in enumerate(LATIN, 1)}),
        LetterTable("russian33", "cyrillic", _with_both_cases(_cyclic(_RUSSIAN_33)), "АЕЁИОУЫЭЮЯ"),
        LetterTable("russian32", "cyrillic", _with_both_cases(_cyclic(_RUSSIAN_33.replace("Ё", ""))), "АЕИОУЫЭЮЯ"),
        LetterTable("ukrainian33", "cyrillic", _with_both_cases(_cyclic(_UKRAINIAN_33)), "АЕЄИІЇОУЮЯ"),
        LetterTable(
            "hebrew",
            "hebrew",
            _HEBREW_VALUES
            | {f: _HEBREW_VALUES[base] for f, base in zip(_HEBREW_FINALS, _HEBREW_FINAL_BASES, strict=True)},
            "",
        ),
        LetterTable("greek", "greek", _with_both_cases(_GREEK_VALUES), "ΑΕΗΙΟΥΩ"),
        LetterTable("arabic", "arabic", _ARABIC_VALUES, ""),
    )
}
# Who prints each table, for readers of the API. Source: docs/numerology.md#letter-tables.
TABLE_SOURCES: Mapping[str, str] = {
    "pythagorean": "common to all western schools",
    "chaldean": "Cheiro's table",
    "vedic": "Cheiro's table, as Indian practice uses it",
    "sepharial": "one printed table; no worked example",
    "cabalistic": "Brazilian cabalistic table, accents counted",
    "english_ordinal": "English gematria",
    "english_reverse": "English gematria, reversed",
    "russian33": "Kublitskaya",
    "russian32": "Russian sites; no worked example",
    "ukrainian33": "Ukrainian alphabet; no worked example",
    "hebrew": "Hebrew numerals (mispar hechrachi; gadol with finals)",
    "greek": "Milesian numerals",
    "arabic": "eastern abjad",
}

_HEBREW_GADOL = LetterTable(
    "hebrew",
    "hebrew",
    _HEBREW_VALUES | dict(zip(_HEBREW_FINALS, range(500, 1000, 100), strict=True)),
    "",
    finals="gadol",
)

PYTHAGOREAN = TABLES["pythagorean"]
CHALDEAN = TABLES["chaldean"]
CABALISTIC = TABLES["cabalistic"]


def letter_table(name: str, finals: str = "ordinary") -> LetterTable:
    """Return a table by its option name; ``finals="gadol"`` gives Hebrew final letters 500-900."""
    return _HEBREW_GADOL if name == "hebrew" and finals == "gadol" else TABLES[name]


def letter_values(word: str, table: LetterTable = PYTHAGOREAN) -> bytes | tuple[int, ...]:
    """Return the value of each letter of a normalised word.

    >>> list(letter_values("SMITH"))
    [1, 4, 9, 2, 8]
    """
    if table.codes is not None:
        return word.encode().translate(table.codes)
    return tuple(map(table.values.__getitem__, word))


@dataclass(frozen=True, slots=True)
class Letter:
    """One letter of a name with its value and its role, ``vowel`` or ``consonant``."""

    letter: str
    value: int
    role: str


class _Letters(dict[str, Letter]):
    """Shared Letter objects of one table, by cased letter."""

    def __init__(self, values: Mapping[str, int]) -> None:
        super().__init__()
        self.values_by_letter = values

    def __missing__(self, cased: str) -> Letter:
        role = "vowel" if cased.islower() else "consonant"
        letter = self[cased] = Letter(cased.upper(), self.values_by_letter[cased], role)
        return letter


@cache
def letters_of(name: str, finals: str = "ordinary") -> _Letters:
    """Return the shared Letter objects of a table."""
    return _Letters(letter_table(name, finals).values)
