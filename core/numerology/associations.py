"""Planets, colours, stones and days of the numbers, each table under the name of its school.

No two published tables agree fully. Masters take the row of their root. Source: docs/numerology.md#associations.
"""

from dataclasses import dataclass

from core.numerology.reduction import root
from core.numerology.vedic import CHEIRO_PLANETS, PLANETS


@dataclass(frozen=True, slots=True)
class Association:
    """One row of one school's table; ``days`` is empty where the school names none."""

    school: str
    number: int
    planet: str
    colours: tuple[str, ...]
    gems: tuple[str, ...]
    days: tuple[str, ...] = ()


_INDIAN = {
    1: (("white", "gold", "yellow"), ("ruby",)),
    2: (("white", "cream", "pink"), ("pearl",)),
    3: (("orange", "purple", "blue"), ("yellow sapphire",)),
    4: (("black", "pale red"), ("hessonite",)),
    5: (("green", "grey"), ("emerald",)),
    6: (("light blue", "light green", "white"), ("diamond",)),
    7: (("yellow", "cream", "light green"), ("cat's eye",)),
    8: (("black", "grey", "brown", "blue"), ("blue sapphire",)),
    9: (("red", "pink"), ("coral",)),
}
_CHEIRO = {
    1: (("gold", "yellow", "bronze"), ("topaz", "amber"), ("Sunday", "Monday")),
    2: (("green", "cream", "white"), ("pearl", "jade", "moonstone"), ("Sunday", "Monday", "Friday")),
    3: (("mauve", "violet"), ("amethyst",), ("Tuesday", "Thursday", "Friday")),
    4: (("half-tones", "electric shades"), ("sapphire",), ("Saturday", "Sunday", "Monday")),
    5: (("light grey", "white"), ("diamond",), ("Wednesday", "Friday")),
    6: (("blue",), ("turquoise", "emerald"), ("Tuesday", "Thursday", "Friday")),
    7: (("green", "pale shades", "white"), ("moonstone", "cat's eye", "pearl"), ("Sunday", "Monday")),
    8: (("dark grey", "black", "dark blue"), ("amethyst", "dark sapphire"), ("Saturday", "Sunday", "Monday")),
    9: (("crimson", "red", "rose"), ("ruby", "garnet"), ("Tuesday", "Thursday", "Friday")),
}


def associations(number: int) -> tuple[Association, Association]:
    """Return the rows of the Indian table and of Cheiro's for a number 1 or above.

    Cheiro's row is quoted from general knowledge and is marked as uncertain in docs/numerology.md#associations.

    >>> associations(22)[0].planet
    'Rahu'
    """
    row = root(number)
    colours, gems = _INDIAN[row]
    cheiro_colours, cheiro_gems, days = _CHEIRO[row]
    return (
        Association("indian", row, PLANETS[row], colours, gems),
        Association("cheiro", row, CHEIRO_PLANETS[row], cheiro_colours, cheiro_gems, days),
    )
