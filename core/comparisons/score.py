"""How well two people's numbers go together: our own weighting of what the schools say.

No school publishes a score, and they contradict one another. Every figure here is printed in docs/compatibility.md, and
a test holds the two together. It is the same from either side.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction
from statistics import mean
from typing import Any

# How much each pair of numbers counts, by what the two are to each other.
WEIGHTS: Mapping[str, Mapping[str, int]] = {
    "romance": {"life_path": 30, "expression": 15, "soul_urge": 35, "personality": 10, "birthday": 10},
    "family": {"life_path": 35, "expression": 15, "soul_urge": 25, "personality": 5, "birthday": 20},
    "friendship": {"life_path": 25, "expression": 25, "soul_urge": 20, "personality": 20, "birthday": 10},
    "work": {"life_path": 20, "expression": 40, "soul_urge": 10, "personality": 20, "birthday": 10},
}
# What the schools' words count, of 100.
LABEL_POINTS: Mapping[str, int] = {
    "natural": 100,
    "friend": 100,
    "compatible": 75,
    "neutral": 50,
    "challenging": 25,
    "difficult": 25,
    "enemy": 25,
}
SCORING = "NumerAI's own weighting, printed in docs/compatibility.md; no school publishes a score."


def score(pairs: Sequence[Mapping[str, Any]], relation: str | None) -> dict[str, Any] | None:
    """Return the score of compared pairs for a relation, from 25 to 100, with what made it; None without a relation.

    A pair that lacks a number counts for nothing, and the others for more.
    """
    if relation is None:
        return None
    factors = [
        {
            "position": pair["position"],
            "weight": WEIGHTS[relation][pair["position"]],
            **_harmony(pair["labels"]),
        }
        for pair in pairs
        if pair["labels"] is not None
    ]
    weights = sum(factor["weight"] for factor in factors)
    total = Fraction(sum(factor["weight"] * factor["harmony"] for factor in factors), weights)
    return {"relation": relation, "value": _rounded(total), "scoring": SCORING, "factors": factors}


def matrix(comparisons: Sequence[Mapping[str, Any]], size: int) -> list[list[int | None]]:
    """Return the scores of a group as rows and columns; None on the diagonal."""
    rows: list[list[int | None]] = [[None] * size for _ in range(size)]
    for compared in comparisons:
        first, second = compared["first"], compared["second"]
        rows[first][second] = rows[second][first] = compared["score"]["value"]
    return rows


def _harmony(labels: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Return the mean of the schools' points; a school's are the mean of its labels in either direction."""
    schools = {}
    for row in labels:
        points = [LABEL_POINTS[row[way]] for way in ("first_to_second", "second_to_first") if row[way] is not None]
        if points:
            schools[row["school"]] = mean(map(Fraction, points))
    return {
        "harmony": _rounded(mean(schools.values())),
        "schools": [{"school": school, "points": float(points)} for school, points in schools.items()],
    }


def _rounded(number: Fraction) -> int:
    return int(number + Fraction(1, 2))
