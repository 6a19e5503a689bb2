"""Sums of texts in their own alphabets, and of numbers that stand on houses and plates.

Source: docs/numerology.md#gematria.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from core.numerology.errors import EngineError
from core.numerology.letters import Letter, letter_table, letters_of
from core.numerology.name_numbers import part_totals
from core.numerology.names import NAME_LIMIT, Name, normalise_name
from core.numerology.options import DEFAULTS, Options
from core.numerology.reduction import NO_MASTERS, Masters, Reduction, reductions


def text_total(text: str, table: str, options: Options = DEFAULTS) -> int:
    """Return the sum of a text in one table, for example the gematria of a Hebrew word.

    Source: docs/numerology.md#gematria. Raises EngineError like normalise_name.

    >>> text_total("חי", "hebrew"), text_total("Hello there", "english_ordinal")
    (18, 108)
    """
    parts = normalise_name(text, replace(options, table=table, drop_suffix=False)).parts
    return sum(part_totals(parts, letter_table(table, options.finals)).letters)


@dataclass(frozen=True, slots=True)
class MixedNumber:
    """The number of letters and digits together, with both apart.

    ``parts`` are the letters by word, ``digits`` the digits as they stand; ``ignored`` and ``transliterated`` are as
    in ``Name``.
    """

    number: Reduction
    parts: tuple[tuple[Letter, ...], ...]
    digits: tuple[int, ...]
    ignored: tuple[str, ...] = ()
    transliterated: tuple[tuple[str, str], ...] = ()

    @property
    def letters_total(self) -> int:
        return sum(letter.value for part in self.parts for letter in part)


def mixed_number(text: str, masters: Masters = NO_MASTERS, table: str = "pythagorean") -> Reduction:
    """Return the number of a house, business, vehicle or telephone.

    Source: docs/numerology.md#house-numbers. Raises EngineError like analyse_mixed.

    >>> mixed_number("42B").value
    8
    """
    return analyse_mixed(text, masters, table).number


def analyse_mixed(
    text: str,
    masters: Masters = NO_MASTERS,
    table: str = "pythagorean",
    transliteration: Mapping[str, str] | None = None,
) -> MixedNumber:
    """Return the number of a house, business, vehicle or telephone with what was counted.

    Letters count by the table, digits as themselves. Source: docs/numerology.md#house-numbers.
    Raises EngineError NO_USABLE_LETTER, NAME_TOO_LONG, INVALID_NAME or INVALID_TRANSLITERATION.
    """
    if not isinstance(text, str):
        raise EngineError("INVALID_NAME", "text", "Give the number as text.")
    if len(text) > NAME_LIMIT:
        raise EngineError("NAME_TOO_LONG", "text", f"At most {NAME_LIMIT} characters.")
    digits = tuple(int(character) for character in text if character.isdecimal())
    name = _letters_between(text, table, transliteration)
    look_up = letters_of(table).__getitem__
    parts = tuple(tuple(map(look_up, part)) for part in name.parts)
    total = sum(digits) + sum(letter.value for part in parts for letter in part)
    if not total:
        raise EngineError("NO_USABLE_LETTER", "text", "There is no letter and no digit but zero to count.")
    return MixedNumber(reductions(masters)[total], parts, digits, name.ignored, name.transliterated)


def _letters_between(text: str, table: str, transliteration: Mapping[str, str] | None) -> Name:
    letters = "".join(" " if character.isdecimal() else character for character in text)
    try:
        return normalise_name(letters, replace(DEFAULTS, table=table, drop_suffix=False), transliteration)
    except EngineError as error:
        if error.code == "NO_USABLE_LETTER":
            # The digits alone may count; letters that the table does not know are reported, not dropped.
            return Name((), 0, 0, tuple(filter(str.isalpha, letters)))
        if error.code == "INVALID_TRANSLITERATION":
            raise
        raise EngineError(error.code, "text", error.message) from None
