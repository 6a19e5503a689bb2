"""Indian numbers: driver, conductor and name, with their planets.

Source: docs/numerology.md#vedic.
"""

from datetime import date

from core.numerology.dates import date_digit_sum
from core.numerology.reduction import NO_MASTERS, Masters, Reduction, reductions, root

PLANETS = {
    1: "Sun", 2: "Moon", 3: "Jupiter", 4: "Rahu", 5: "Mercury", 6: "Venus", 7: "Ketu", 8: "Saturn", 9: "Mars",
}  # fmt: skip
CHEIRO_PLANETS = PLANETS | {4: "Uranus", 7: "Neptune"}


def psychic(day: int, masters: Masters = NO_MASTERS) -> Reduction:
    """Return the Psychic number (Moolank, Driver): the birth day."""
    return reductions(masters)[day]


def destiny(birth_date: date, masters: Masters = NO_MASTERS) -> Reduction:
    """Return the Destiny number (Bhagyank, Conductor): all digits of the birth date.

    Source: docs/numerology.md#vedic.

    >>> destiny(date(1990, 3, 15)).total
    28
    """
    return reductions(masters)[date_digit_sum(birth_date)]


def ruling_planet(number: int, school: str = "indian") -> str:
    """Return the planet of a number's root; Cheiro has Uranus for 4 and Neptune for 7."""
    return (CHEIRO_PLANETS if school == "cheiro" else PLANETS)[root(number)]
