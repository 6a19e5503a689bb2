"""How often readings rang true, beside what chance alone would give. Pure."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from core.models.readings import RangTrue

# Fewer answers than these say nothing, and are not shown as if they did.
ENOUGH = 20
# How sure one wants to be that it was not chance, over all the comparisons of one table together.
_BEYOND = 0.05
_BY_CHANCE = 1 / len(RangTrue)


def insights(answers: Mapping[tuple[int, str], int]) -> dict[str, Any]:
    """Return what (personal day, answer) -> how often says.

    `overall` compares the share of "yes" with somebody who answers yes, partly and no alike often. `by_personal_day`
    compares the share on days of one number with the member's own share on all days: what it would be if the number
    made no difference. Both come with the range in which chance would leave it, narrower the more answers there are.
    """
    total = sum(answers.values())
    days = {number: sum(n for (day, _), n in answers.items() if day == number) for number, _ in answers}
    compared = sorted(number for number, n in days.items() if n >= ENOUGH)
    if total < ENOUGH:
        return {"answers": total, "needed": ENOUGH, "overall": None, "by_personal_day": []}
    said = {word: sum(n for (_, one), n in answers.items() if one == word) for word in RangTrue.values}
    rate = said[RangTrue.YES] / total
    return {
        "answers": total,
        "needed": ENOUGH,
        "overall": {**said, **compare(said[RangTrue.YES], total, chance=_BY_CHANCE, beyond=_BEYOND)},
        "by_personal_day": [
            {
                "personal_day": number,
                **compare(
                    answers.get((number, RangTrue.YES), 0),
                    days[number],
                    chance=rate,
                    beyond=_BEYOND / len(compared),
                ),
            }
            for number in compared
        ],
    }


def compare(yes: int, answers: int, *, chance: float, beyond: float) -> dict[str, Any]:
    """Return a share of answers beside the one that chance gives, and the range where it leaves all but `beyond`.

    >>> compare(12, 20, chance=0.5, beyond=0.05)["range_by_chance"]
    [0.3, 0.7]
    """
    low, high = range_by_chance(answers, chance, beyond)
    return {
        "answers": answers,
        "rate": round(yes / answers, 3),
        "rate_by_chance": round(chance, 3),
        "range_by_chance": [round(low / answers, 3), round(high / answers, 3)],
        "is_beyond_chance": not low <= yes <= high,
    }


def range_by_chance(answers: int, chance: float, beyond: float) -> tuple[int, int]:
    """Return the fewest and most "yes" that chance gives, but for half of `beyond` at each end (binomial, exact)."""
    low, below = 0, 0.0
    for yes in range(answers + 1):
        below += _probability(yes, answers, chance)
        if below > beyond / 2:
            low = yes
            break
    high, above = answers, 0.0
    for yes in range(answers, -1, -1):
        above += _probability(yes, answers, chance)
        if above > beyond / 2:
            high = yes
            break
    return low, high


def _probability(yes: int, answers: int, chance: float) -> float:
    if chance in (0.0, 1.0):
        return float(yes == answers * chance)
    ways = math.lgamma(answers + 1) - math.lgamma(yes + 1) - math.lgamma(answers - yes + 1)
    return math.exp(ways + yes * math.log(chance) + (answers - yes) * math.log1p(-chance))
