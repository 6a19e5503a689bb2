"""The days on which a cycle gives way to the next."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from itertools import pairwise
from typing import Any

from core.forecasts.days import months_between
from core.forecasts.spans import Span, Spans, life_spans
from core.numerology import BirthChart

# How far ahead the next change of each cycle is looked for: the longest pinnacle ends 36 years after it began.
_YEARS_AHEAD = 40
_DAY = timedelta(1)
_TWO_MONTHS = timedelta(62)


@dataclass(frozen=True, slots=True)
class Change:
    """On this day `after` begins; None where nothing takes the place of what ended."""

    on: date
    before: Span
    after: Span | None

    @property
    def cycle(self) -> str:
        return self.before.cycle

    def to_dict(self, born: date) -> dict[str, Any]:
        """Return it as plain data, with the ages of somebody born that day."""
        return {
            "on": self.on.isoformat(),
            "cycle": self.cycle,
            "before": self.before.to_dict(born),
            "after": None if self.after is None else self.after.to_dict(born),
        }


def changes_between(chart: BirthChart, first: date, last: date) -> list[Change]:
    """Return the changes of every cycle but months and days, from the first day to the last, both included."""
    before = first if first == chart.birth_date else first - _DAY
    return [change for change in _changes(chart, life_spans(chart, before, last)) if first <= change.on <= last]


def next_changes(chart: BirthChart, on: date) -> list[Change]:
    """Return the next change of each cycle after a day, the personal month's included, the nearest first."""
    horizon = date(min(on.year + _YEARS_AHEAD, date.max.year), 12, 31)
    spans = life_spans(chart, on, horizon)
    months = months_between(chart, on, min(horizon, on + _TWO_MONTHS) if horizon - on > _TWO_MONTHS else horizon)
    spans["personal_month"] = [month.personal_span() for month in months]
    found: dict[str, Change] = {}
    for change in _changes(chart, spans):
        if on < change.on <= horizon:
            found.setdefault(change.cycle, change)
    return list(found.values())


def _changes(chart: BirthChart, spans: Spans) -> list[Change]:
    """Return the changes from one of these spans to the next, by day and then in the order of CYCLES."""
    found: list[Change] = []
    for in_cycle in spans.values():
        # A challenge of the whole life takes nobody's place.
        in_turn = [span for span in in_cycle if span.begins > chart.birth_date or span.ends is not None]
        found += [Change(after.begins, before, after) for before, after in pairwise(in_turn)]
        last = in_turn[-1].ends if in_turn and in_turn[-1].cycle == "challenge" else None
        if last is not None:
            found.append(Change(last + _DAY, in_turn[-1], None))
    return sorted(found, key=lambda change: change.on)
