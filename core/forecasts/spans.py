"""When each cycle of a life begins and ends, as days: the ages and years of a chart laid on the calendar.

The numbers are the chart's; only the dates are worked out here. Source: docs/numerology.md#long-cycles, #personal-year
and #transits. Ages turn on the birthday, which is 1 March for 29 February in common years.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import chain, groupby
from itertools import cycle as over_and_over
from operator import attrgetter, itemgetter
from typing import Any, TypeVar

from core.numerology import BirthChart, Reduction
from core.numerology.dates import age_on, birthday_in
from core.numerology.letters import PYTHAGOREAN, letter_values
from core.numerology.periods import cycle_year, personal_year
from core.numerology.reduction import SINGLE_DIGITS
from core.numerology.transits import essence

TRANSITS = ("physical", "mental", "spiritual")
# In the order in which changes of one day are told: the longest first.
CYCLES = ("period", "pinnacle", "challenge", "personal_year", "essence", *TRANSITS)
_DAY = timedelta(1)
# How many years after the stretch are looked at for the end of what repeats: a letter lasts nine at most.
_AHEAD = 81
_BEGINS = attrgetter("begins")
_What = TypeVar("_What")


@dataclass(frozen=True, slots=True)
class Span:
    """A cycle while it holds. `index` counts the few of a life from 1; `ends` is its last day, None if it stays."""

    cycle: str
    number: Reduction
    begins: date
    ends: date | None
    index: int | None = None
    letter: str | None = None
    is_approximate: bool = False

    def overlaps(self, first: date, last: date) -> bool:
        """Return whether it holds on any day of a stretch."""
        return self.begins <= last and (self.ends is None or self.ends >= first)

    def to_dict(self, born: date) -> dict[str, Any]:
        """Return it as plain data, with the ages of somebody born that day."""
        return {
            "cycle": self.cycle,
            "index": self.index,
            "letter": self.letter,
            "value": self.number.value,
            "root": self.number.root,
            "display": str(self.number),
            "from_date": self.begins.isoformat(),
            "to_date": self.ends and self.ends.isoformat(),
            "from_age": age_on(born, self.begins),
            "to_age": self.ends and age_on(born, self.ends),
            "is_approximate": self.is_approximate,
        }


Spans = dict[str, list[Span]]


def life_spans(chart: BirthChart, first: date, last: date) -> Spans:
    """Return every span that holds on a day of the stretch, by cycle.

    `first` is not before the birth. What repeats is made from the birth on, so that a span begins where it really did.
    """
    letters = {row: _letters(chart, row, word, last) for row, word in zip(TRANSITS, chart.transit_rows, strict=True)}
    made = {
        **long_spans(chart),
        "personal_year": list(_personal_years(chart, first, last)),
        "essence": _essences(chart, letters),
        **letters,
    }
    return {cycle: [span for span in made[cycle] if span.overlaps(first, last)] for cycle in CYCLES}


def long_spans(chart: BirthChart) -> Spans:
    """Return the few of a life: its periods, pinnacles and challenges."""
    return {"period": _periods(chart), "pinnacle": _pinnacles(chart), "challenge": _challenges(chart)}


def _ends(starts: Sequence[date]) -> list[date | None]:
    return [*(start - _DAY for start in starts[1:]), None]


def _periods(chart: BirthChart) -> list[Span]:
    born = chart.birth_date
    starts = [born, *(date(min(born.year + age, date.max.year), 1, 1) for age in chart.period_turn_ages)]
    rows = zip(chart.period_cycles, starts, _ends(starts), strict=True)
    return [Span("period", number, begins, ends, index) for index, (number, begins, ends) in enumerate(rows, 1)]


def _pinnacles(chart: BirthChart) -> list[Span]:
    born, is_calendar = chart.birth_date, chart.options.pinnacle_boundary == "calendar"
    ages = [span[0] for span in chart.pinnacle_spans[1:]]
    turns = [date(min(born.year + age, date.max.year), 1, 1) if is_calendar else _turning(chart, age) for age in ages]
    starts = [born, *turns]
    rows = zip(chart.pinnacles, starts, _ends(starts), strict=True)
    return [Span("pinnacle", number, begins, ends, index) for index, (number, begins, ends) in enumerate(rows, 1)]


def _challenges(chart: BirthChart) -> list[Span]:
    is_approximate = chart.options.challenge_ages == "approximate"
    rows = enumerate(zip(chart.challenges, chart.challenge_spans, strict=True), 1)
    return [
        Span(
            "challenge",
            SINGLE_DIGITS[value],
            _turning(chart, from_age),
            None if to_age is None else _turning(chart, to_age + 1) - _DAY,
            index,
            is_approximate=is_approximate,
        )
        for index, (value, (from_age, to_age)) in rows
    ]


def _personal_years(chart: BirthChart, first: date, last: date) -> Iterator[Span]:
    born, options = chart.birth_date, chart.options
    by_birthday = options.personal_year_boundary == "birthday"

    def begin(year: int) -> date:
        return birthday_in(year, born) if by_birthday else date(year, 1, 1)

    for year in range(cycle_year(born.month, born.day, first, options.personal_year_boundary), last.year + 1):
        ends = date.max if year == date.max.year else begin(year + 1) - _DAY
        number = personal_year(born.month, born.day, year, options.personal_masters)
        yield Span("personal_year", number, max(born, begin(year)), ends)


def _letters(chart: BirthChart, row: str, word: str | None, last: date) -> list[Span]:
    """Return the letters of one word in their turns; the same letter twice in a row is one span."""
    if word is None:
        return []
    last_age, age = min(last.year + _AHEAD, date.max.year) - chart.birth_date.year, 0
    turns: list[tuple[date, tuple[str, int]]] = []
    for letter in over_and_over(zip(word, letter_values(word, PYTHAGOREAN), strict=True)):
        if age > last_age:
            break
        turns.append((_turning(chart, age), letter))
        # As transits.years_left: the first letter of all lasts a year longer where ages are counted from 1.
        age += letter[1] + (0 if age else chart.options.age_base)
    return [
        Span(row, SINGLE_DIGITS[value], begins, ends, letter=letter) for begins, ends, (letter, value) in _runs(turns)
    ]


def _essences(chart: BirthChart, letters: Spans) -> list[Span]:
    holds: dict[str, int] = {}
    sums: list[tuple[date, Reduction]] = []
    for day, begun in groupby(sorted(chain.from_iterable(letters.values()), key=_BEGINS), key=_BEGINS):
        # All rows begin at the birth.
        holds |= {span.cycle: span.number.value for span in begun}
        sums.append((day, essence(list(holds.values()), chart.options.essence_masters)))
    return [Span("essence", number, begins, ends) for begins, ends, number in _runs(sums)]


def _runs(turns: Iterable[tuple[date, _What]]) -> list[tuple[date, date | None, _What]]:
    """Return (first day, last day, what) of neighbours that are the same, as one; the last of them is left open."""
    begun = [next(same) for _, same in groupby(turns, key=itemgetter(1))]
    ends = _ends([begins for begins, _ in begun])
    return [(begins, end, what) for (begins, what), end in zip(begun, ends, strict=True)]


def _turning(chart: BirthChart, age: int) -> date:
    return birthday_in(chart.birth_date.year + age, chart.birth_date)
