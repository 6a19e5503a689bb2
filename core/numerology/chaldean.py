"""Chaldean names after Cheiro.

Source: docs/numerology.md#chaldean.
"""

from collections.abc import Sequence

from core.numerology.reduction import NO_MASTERS, SINGLE_DIGITS, Masters, Reduction, digit_sum, reductions

HIGHEST_COMPOUND = 52

# Compounds whose meaning is that of an earlier one. Source: docs/numerology.md#compounds.
SAME_MEANING = {
    33: 24, 34: 25, 35: 26, 36: 27, 38: 29, 39: 30, 40: 31, 41: 32, 42: 24, 44: 26, 45: 27, 46: 37, 47: 29, 48: 30,
    49: 31, 50: 32, 52: 43,
}  # fmt: skip
_FAVOURABLE = frozenset({10, 17, 19, 21, 23, 24, 25, 27, 32, 37, 51})
_WARNING = frozenset({11, 12, 16, 18, 22, 26, 29, 43})


def cheiro_compound(totals: Sequence[int]) -> int:
    """Return Cheiro's compound: the roots of the names added.

    Source: docs/numerology.md#chaldean.

    >>> cheiro_compound([18, 17])
    17
    """
    return sum(map(SINGLE_DIGITS.values_of, totals))


def chaldean_compound(totals: Sequence[int]) -> int:
    """Return the modern compound: all letters in one sum."""
    return sum(totals)


def chaldean_root(compound: int, masters: Masters = NO_MASTERS) -> Reduction:
    """Return the name number of a compound; the school keeps no masters unless asked."""
    return reductions(masters)[compound]


def compound_index(compound: int) -> int:
    """Return the compound whose meaning applies: above 52, digits are added until it fits.

    Source: docs/numerology.md#compounds.

    >>> compound_index(89)
    17
    """
    while compound > HIGHEST_COMPOUND:
        compound = digit_sum(compound)
    return compound


def compound_meaning(compound: int) -> int:
    """Return the compound under which the meaning is printed: 33 reads as 24."""
    index = compound_index(compound)
    return SAME_MEANING.get(index, index)


def compound_tone(compound: int) -> str | None:
    """Return ``favourable``, ``warning`` or ``mixed``; None below 10, where no compound is printed."""
    meaning = compound_meaning(compound)
    if meaning < 10:
        return None
    return "favourable" if meaning in _FAVOURABLE else "warning" if meaning in _WARNING else "mixed"
