"""How well a day suits a purpose: our own scoring, from the tradition's word on each number.

Nobody publishes such a score. Every figure here is printed in docs/best-dates.md, and a test holds the two together.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from core.forecasts.days import day_of
from core.numerology import BirthChart
from core.numerology.compatibility import harmony_triad

# For each purpose, how the roots 1 to 9 suit it: from 2, well, to -2, badly.
SUITS: Mapping[str, tuple[int, ...]] = {
    "wedding": (-1, 2, 1, 0, -2, 2, -2, 0, 1),
    "launch": (2, -1, 1, 0, 1, 0, -2, 2, -2),
    "move": (1, 0, 0, 2, 1, 2, -2, 0, -1),
    "signing": (0, 1, -1, 2, -2, 1, 0, 2, -2),
    "travel": (1, 0, 2, -2, 2, -1, 0, -1, 1),
    "interview": (2, 0, 1, 0, 1, 0, -2, 2, -1),
    "study": (0, 1, 1, 2, -2, 0, 2, -1, 0),
    "celebration": (0, 1, 2, -1, 1, 2, -2, 0, 1),
    "closing": (-2, 0, -1, 1, 0, 0, 1, 1, 2),
}
BASE = 50
# What a number that suits by 1 adds. Of two people each adds half, so these are even.
PERSONAL_WEIGHTS: Mapping[str, int] = {"personal_day": 12, "personal_month": 6, "personal_year": 4}
UNIVERSAL_DAY_WEIGHT = 2
# What it adds that the Personal Day is of the triad of the Life Path.
TRIAD_POINTS = 2
LONGEST_DAYS = 731
WHO = ("first", "second")
# Monday to Sunday.
WEEK = range(1, 8)
SCORING = "NumerAI's own, printed in docs/best-dates.md; no school publishes one."


@dataclass(frozen=True, slots=True)
class Factor:
    """One part of a score. `person` is None for what is the same for everybody."""

    name: str
    person: str | None
    number: int
    points: int

    def to_dict(self) -> dict[str, Any]:
        """Return it as plain data."""
        return {"factor": self.name, "person": self.person, "number": self.number, "points": self.points}


@dataclass(frozen=True, slots=True)
class ScoredDay:
    """A day with its score, from 0 to 100, and what made it: BASE and the points of the factors."""

    on: date
    factors: tuple[Factor, ...]

    @property
    def score(self) -> int:
        return BASE + sum(factor.points for factor in self.factors)

    def to_dict(self, *, explain: bool = True) -> dict[str, Any]:
        """Return it as plain data, without the factors if nobody asks for them."""
        told = {
            "on": self.on.isoformat(),
            "weekday": self.on.isoweekday(),
            "score": self.score,
        }
        return {**told, "factors": [factor.to_dict() for factor in self.factors]} if explain else told


def best_dates(
    purpose: str, people: Sequence[BirthChart], first: date, last: date, *, weekdays: Collection[int] = WEEK
) -> list[ScoredDay]:
    """Return the days of a stretch, the best first, of equal ones the earlier first. For one person or two."""
    suits = SUITS[purpose]
    days = (first + timedelta(n) for n in range((last - first).days + 1))
    scored = [ScoredDay(on, tuple(_factors(suits, people, on))) for on in days if on.isoweekday() in weekdays]
    return sorted(scored, key=lambda day: (-day.score, day.on))


def _factors(suits: tuple[int, ...], people: Sequence[BirthChart], on: date) -> list[Factor]:
    found: list[Factor] = []
    days = [day_of(chart, on) for chart in people]
    for person, chart, day in zip(WHO, people, days, strict=False):
        numbers = dict(zip(PERSONAL_WEIGHTS, reversed(day.personal), strict=True))
        for name, number in numbers.items():
            points = suits[number.root - 1] * PERSONAL_WEIGHTS[name] // len(people)
            found.append(Factor(name, person, number.value, points))
        is_shared = numbers["personal_day"].root in harmony_triad(chart.life_path.root)
        found.append(Factor("life_path_triad", person, chart.life_path.value, is_shared * TRIAD_POINTS // len(people)))
    universal = days[0].universal[2]
    found.append(Factor("universal_day", None, universal.value, suits[universal.root - 1] * UNIVERSAL_DAY_WEIGHT))
    return found
