"""Sums of texts in their own alphabets, and of numbers that stand on houses and plates.

Source: docs/numerology.md#gematria.
"""

from dataclasses import replace

from core.numerology.errors import EngineError
from core.numerology.letters import PYTHAGOREAN, letter_table
from core.numerology.name_numbers import part_totals
from core.numerology.names import Name, normalise_name
from core.numerology.options import DEFAULTS, Options
from core.numerology.reduction import NO_MASTERS, Masters, Reduction, reductions

TEXT_LIMIT = 200


def text_total(text: str, table: str, options: Options = DEFAULTS) -> int:
    """Return the sum of a text in one table, for example the gematria of a Hebrew word.

    Source: docs/numerology.md#gematria. Raises EngineError like normalise_name.

    >>> text_total("חי", "hebrew"), text_total("Hello there", "english_ordinal")
    (18, 108)
    """
    chosen = replace(options, table=table, drop_suffix=False)
    return sum(part_totals(_counted(text, chosen).parts, letter_table(table, options.finals)).letters)


def _counted(text: str, options: Options) -> Name:
    return normalise_name(text, options)


def mixed_number(text: str, masters: Masters = NO_MASTERS) -> Reduction:
    """Return the number of a house, business, vehicle or telephone.

    Letters count by the Pythagorean table, digits as themselves.

    Source: docs/numerology.md#house-numbers. Raises EngineError NO_USABLE_LETTER or NAME_TOO_LONG.

    >>> mixed_number("42B").value
    8
    """
    if not isinstance(text, str):
        raise EngineError("INVALID_NAME", "text", "Give the number as text.")
    digits = [int(character) for character in text if character.isdecimal()]
    letters = "".join(" " if character.isdecimal() else character for character in text)
    total = sum(digits)
    if any(character.isalpha() for character in letters) or not digits:
        total += sum(part_totals(normalise_name(letters, Options(drop_suffix=False)).parts, PYTHAGOREAN).letters)
    elif len(text) > TEXT_LIMIT:
        raise EngineError("NAME_TOO_LONG", "text", f"At most {TEXT_LIMIT} characters.")
    if not total:
        raise EngineError("NO_USABLE_LETTER", "text", "There is no letter and no digit but zero to count.")
    return reductions(masters)[total]
