"""Numbers made of other numbers.

Source: docs/numerology.md#combinations.
"""

from core.numerology.reduction import DEFAULT_MASTERS, Masters, Reduction, reductions, root


def maturity(life_path: int, expression: int, masters: Masters = DEFAULT_MASTERS) -> Reduction:
    """Return the Maturity number, elsewhere Realisation or Power: the two final values added, masters and all.

    Source: docs/numerology.md#maturity.

    >>> maturity(22, 7).value
    11
    """
    return reductions(masters)[life_path + expression]


def rational_thought(first_name_total: int, day: int, masters: Masters = DEFAULT_MASTERS) -> Reduction:
    """Return the Rational Thought number of the first name's letters and the birth day, each reduced first.

    Source: docs/numerology.md#rational-thought.
    """
    table = reductions(masters)
    return table[table[first_name_total].value + table[day].value]


def bridge(first: int, second: int) -> int:
    """Return the Bridge between two numbers: the distance of their roots, 0-8, where 0 is no gap.

    Source: docs/numerology.md#bridges.

    >>> bridge(11, 4)
    2
    """
    return abs(root(first) - root(second))


def relationship(first_life_path: int, second_life_path: int, masters: Masters = DEFAULT_MASTERS) -> Reduction:
    """Return the Relationship number of two Life Paths.

    Source: docs/numerology.md#relationship.
    """
    return reductions(masters)[first_life_path + second_life_path]
