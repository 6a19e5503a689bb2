"""Sums of texts in their own alphabets, and of numbers that stand on houses and plates.

Source: docs/numerology.md#gematria.
"""

from dataclasses import replace

from core.numerology.errors import EngineError
from core.numerology.letters import letter_table
from core.numerology.name_numbers import part_totals
from core.numerology.names import NAME_LIMIT, normalise_name
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


def mixed_number(text: str, masters: Masters = NO_MASTERS, table: str = "pythagorean") -> Reduction:
    """Return the number of a house, business, vehicle or telephone.

    Letters count by the table, digits as themselves. Source: docs/numerology.md#house-numbers.
    Raises EngineError NO_USABLE_LETTER, NAME_TOO_LONG or INVALID_NAME.

    >>> mixed_number("42B").value
    8
    """
    if not isinstance(text, str):
        raise EngineError("INVALID_NAME", "text", "Give the number as text.")
    if len(text) > NAME_LIMIT:
        raise EngineError("NAME_TOO_LONG", "text", f"At most {NAME_LIMIT} characters.")
    total = sum(int(character) for character in text if character.isdecimal())
    letters = "".join(" " if character.isdecimal() else character for character in text)
    if any(map(str.isalpha, letters)):
        total += text_total(letters, table)
    if not total:
        raise EngineError("NO_USABLE_LETTER", "text", "There is no letter and no digit but zero to count.")
    return reductions(masters)[total]
