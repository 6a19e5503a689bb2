"""How schools relate two numbers: labels, never a score.

Source: docs/numerology.md#compatibility. Roots are compared; published tables contradict one another.
"""

from core.numerology.errors import EngineError
from core.numerology.reduction import root

SCHOOLS = {
    "loveto": ("natural", "compatible", "neutral", "challenging"),
    "mahajyotish": ("friend", "difficult"),
    "futuresamachar": ("friend", "enemy"),
}

# Who prints each table. Source: docs/numerology.md#compatibility.
SCHOOL_SOURCES = {
    "loveto": "LoveToKnow; symmetric; masters count as their root",
    "mahajyotish": "Mahajyotish, friendship of the planets; not symmetric",
    "futuresamachar": "Future Samachar; not symmetric; notes nothing for 9",
}
# What two numbers are where a school names friends and foes only, and they are neither.
UNLISTED = "neutral"

Row = tuple[tuple[int, ...], ...]

_LOVETO: dict[int, Row] = {
    1: ((1, 5, 7), (3, 9), (8,), (2, 4, 6)),
    2: ((2, 4, 8), (3, 6), (9,), (1, 5, 7)),
    3: ((3, 6, 9), (1, 2, 5), (), (4, 7, 8)),
    4: ((2, 4, 8), (6, 7), (), (1, 3, 5, 9)),
    5: ((1, 5, 7), (3, 9), (8,), (2, 4, 6)),
    6: ((3, 6, 9), (2, 4, 8), (), (1, 5, 7)),
    7: ((1, 5, 7), (4,), (9,), (2, 3, 6, 8)),
    8: ((2, 4, 8), (6,), (1, 5), (3, 7, 9)),
    9: ((3, 6, 9), (1, 5), (2, 7), (4, 8)),
}
_MAHAJYOTISH: dict[int, Row] = {
    1: ((1, 2, 3, 9), (8,)),
    2: ((1, 2, 3, 5), (8, 9)),
    3: ((1, 2, 3, 9), (6,)),
    4: ((5, 6, 8), (1, 2, 9)),
    5: ((1, 4, 5, 6), ()),
    6: ((4, 5, 6, 8), (1, 2)),
    7: ((5, 6, 7), (1, 2)),
    8: ((4, 5, 6, 8), (1, 2, 9)),
    9: ((1, 3, 9), (4, 8)),
}
_FUTURESAMACHAR: dict[int, Row] = {
    1: ((4, 8), (5, 6)),
    2: ((7, 9), (5, 8)),
    3: ((6, 9), (4, 8)),
    4: ((1, 8), (3, 5)),
    5: ((3, 9), (2, 4)),
    6: ((3, 9), (1, 8)),
    7: ((2, 6), (1, 9)),
    8: ((1, 4), (3, 6)),
}
_ROWS = {"loveto": _LOVETO, "mahajyotish": _MAHAJYOTISH, "futuresamachar": _FUTURESAMACHAR}
TRIADS = ((1, 5, 7), (2, 4, 8), (3, 6, 9))
_TRIAD_OF = {number: triad for triad in TRIADS for number in triad}


def compatibility_row(number: int, school: str = "loveto") -> Row | None:
    """Return the numbers under each label of a school, in the order of SCHOOLS; None where it notes nothing.

    Source: docs/numerology.md#compatibility. Raises EngineError INVALID_OPTION_VALUE for an unknown school.
    """
    if school not in SCHOOLS:
        raise EngineError("INVALID_OPTION_VALUE", "school", f"school takes one of: {', '.join(SCHOOLS)}.")
    return _ROWS[school].get(root(number))


def compatibility_pair(first: int, second: int, school: str = "loveto") -> str | None:
    """Return the label of the second number in the first one's row.

    None where the school has no such row, UNLISTED where the row has no such number; the two Indian tables are not
    symmetric.

    >>> compatibility_pair(4, 1), compatibility_pair(22, 1)
    ('challenging', 'challenging')
    """
    row = compatibility_row(first, school)
    if row is None:
        return None
    other = root(second)
    labels = zip(SCHOOLS[school], row, strict=True)
    return next((label for label, numbers in labels if other in numbers), UNLISTED)


def harmony_triad(number: int) -> tuple[int, int, int]:
    """Return the triad a number belongs to.

    Source: docs/numerology.md#triads.

    >>> harmony_triad(7)
    (1, 5, 7)
    """
    return _TRIAD_OF[root(number)]
