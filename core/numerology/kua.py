"""The Kua number of feng shui.

Source: docs/numerology.md#kua.
"""

from datetime import date

from core.numerology.errors import EngineError
from core.numerology.reduction import root

GENDERS = ("male", "female")
EAST = frozenset({1, 3, 4, 9})
_REPLACED_FIVE = {"male": 2, "female": 8}
# Favourable directions, best first. Source: docs/numerology.md#kua (general knowledge, not from a vector).
DIRECTIONS = {
    1: ("SE", "E", "S", "N"),
    2: ("NE", "W", "NW", "SW"),
    3: ("S", "N", "SE", "E"),
    4: ("N", "S", "E", "SE"),
    6: ("W", "NE", "SW", "NW"),
    7: ("NW", "SW", "NE", "W"),
    8: ("SW", "NW", "W", "NE"),
    9: ("E", "SE", "N", "S"),
}


def kua_year(birth_date: date, boundary: str = "feb4") -> int:
    """Return the year that counts for a birth date: before 4 February it is the year before."""
    early = boundary == "feb4" and (birth_date.month, birth_date.day) < (2, 4)
    return birth_date.year - early


def kua(year: int, gender: str, five: str = "raw") -> int:
    """Return the Kua of a year (already set to the right boundary) for ``male`` or ``female``.

    ``five="replace"`` gives 2 (male) or 8 (female) for 5. Source: docs/numerology.md#kua.
    Raises EngineError INVALID_OPTION_VALUE for another gender: the formula knows these two only.

    >>> kua(1976, "female"), kua(1977, "male"), kua(1977, "male", "replace")
    (9, 5, 2)
    """
    if gender not in GENDERS:
        raise EngineError("INVALID_OPTION_VALUE", "gender", "gender takes one of: male, female; or leave it out.")
    number = root(11 - root(year) if gender == "male" else 4 + root(year))
    return _REPLACED_FIVE[gender] if number == 5 and five == "replace" else number


def kua_group(number: int) -> str:
    """Return ``east`` or ``west``; 5 belongs to the west."""
    return "east" if number in EAST else "west"


def kua_directions(number: int, gender: str) -> tuple[str, ...]:
    """Return the four favourable directions, best first; 5 takes the directions of its replacement."""
    return DIRECTIONS[_REPLACED_FIVE[gender] if number == 5 else number]
