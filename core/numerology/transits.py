"""Letter transits and the Essence.

Source: docs/numerology.md#transits. Letters last as many years as their Pythagorean value.
"""

from bisect import bisect_right
from collections.abc import Sequence
from itertools import accumulate

from core.numerology.errors import EngineError
from core.numerology.letters import PYTHAGOREAN, letter_values
from core.numerology.names import Name
from core.numerology.reduction import NO_MASTERS, Masters, Reduction, reductions


def transit_rows(
    parts: Sequence[str], first_count: int, last_count: int, no_middle: str = "double"
) -> tuple[str, str | None, str]:
    """Return the physical, mental and spiritual word of a name.

    They are the first, all middle and all last names strung together. Without a middle name the last name serves
    twice (``double``), or the mental row is None (``two``); a single word serves wherever a row is needed.
    """
    end = len(parts) - last_count
    middle = "".join(parts[first_count:end])
    physical = "".join(parts[:first_count]) or "".join(parts[end:]) or middle
    spiritual = "".join(parts[end:]) or physical
    return physical, middle or (spiritual if no_middle == "double" else None), spiritual


def rows_of(name: Name, no_middle: str = "double") -> tuple[str, str | None, str]:
    """Return the three transit words of a normalised name."""
    return transit_rows(name.parts, name.first_count, name.last_count, no_middle)


def word_years(word: str) -> int:
    """Return how many years one pass through a word takes.

    >>> word_years("MICHAEL")
    33
    """
    return sum(letter_values(word, PYTHAGOREAN))


def letter_at(word: str, age: int, age_base: int = 0) -> tuple[str, int]:
    """Return the letter of a word in force at an age, and its value.

    ``age_base=1`` begins the first letter at age 1. Source: docs/numerology.md#transits.

    >>> letter_at("THOMAS", 20), letter_at("CRUISE", 20)
    (('A', 1), ('I', 9))
    """
    values = letter_values(word, PYTHAGOREAN)
    ends = list(accumulate(values))
    index = bisect_right(ends, max(age - age_base, 0) % ends[-1])
    return word[index], values[index]


def letter_span(word: str, letter: str, lap: int = 1, age_base: int = 0) -> tuple[int, int]:
    """Return the ages between which a letter of a word rules, at its first place, in the given pass.

    Raises EngineError INVALID_INPUT when the word has no such letter.

    >>> letter_span("CRUISE", "U", 2)
    (42, 45)
    """
    index = word.find(letter)
    if index < 0 or not letter:
        raise EngineError("INVALID_INPUT", "letter", "The word has no such letter.")
    values = letter_values(word, PYTHAGOREAN)
    start = age_base + sum(values[:index]) + (lap - 1) * sum(values)
    return start, start + values[index]


def years_left(word: str, age: int, age_base: int = 0) -> int:
    """Return in how many years, 1 or more, the letter in force gives way to the next."""
    if age < age_base:
        return age_base - age + letter_values(word, PYTHAGOREAN)[0]
    values = letter_values(word, PYTHAGOREAN)
    years = (age - age_base) % sum(values)
    return next(end for end in accumulate(values) if end > years) - years


def essence(values: Sequence[int], masters: Masters = NO_MASTERS) -> Reduction:
    """Return the Essence: the values of the transit letters added; its total is the compound form.

    Source: docs/numerology.md#essence.
    """
    return reductions(masters)[sum(values)]
