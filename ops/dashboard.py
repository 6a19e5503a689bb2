"""The dashboard: a registry of cards. The timetable measures them, the page reads what was measured in one query.

An app adds a card with `register_card` in its AppConfig.ready(); nothing else changes. A card whose `measure` returns
None has nothing to show yet and stays away.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any

from django.http import HttpRequest

from ops.models import Figures


@dataclass(frozen=True, slots=True)
class Line:
    """One figure. `link` leads to the list of what was counted; `is_bad` where somebody should look."""

    label: str
    value: int | str
    link: str = ""
    is_bad: bool = False


@dataclass(frozen=True, slots=True)
class Series:
    """A number more for each bar, under `name` in the table. Drawn as a "mark" over it, a bad "part" of it, or not."""

    name: str
    values: Sequence[int]
    drawn: str = ""


@dataclass(frozen=True, slots=True)
class Measured:
    """What a card shows: its lines, the first of them large, and perhaps bars, each a label and a number.

    `bars_label` is the caption; `bars_name` heads the bars' column where there are more.
    """

    lines: Sequence[Line]
    bars: Sequence[tuple[str, int]] = field(default_factory=list)
    bars_label: str = ""
    bars_name: str = ""
    series: Sequence[Series] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Card:
    """`measure` may take a second on a million members. A live one is asked by the page, and takes milliseconds."""

    name: str
    title: str
    permission: str
    measure: Callable[[datetime], Measured | None]
    is_live: bool = False


_cards: dict[str, Card] = {}


def register_card(card: Card) -> None:
    """Add a card; they are shown in the order in which they came."""
    _cards[card.name] = card


def measure_all(*, now: datetime) -> int:
    """Measure every card that is not live, and keep it; return how many. Safe to run twice, and at once."""
    kept = []
    for card in _cards.values():
        if card.is_live:
            continue
        started = time.monotonic()
        measured = card.measure(now)
        took = int((time.monotonic() - started) * 1000)
        data = asdict(measured) if measured else {}
        kept.append(Figures(name=card.name, data=data, measured_at=now, milliseconds=took))
    Figures.objects.bulk_create(
        kept,
        update_conflicts=True,
        unique_fields=["name"],
        update_fields=["data", "measured_at", "milliseconds"],
    )
    return len(kept)


def cards_for(request: HttpRequest, *, now: datetime) -> list[dict[str, Any]]:
    """Return what the staff user may see of the cards, ready for the page; one query.

    A card that was not measured yet has its title alone.
    """
    held = {figures.name: figures for figures in Figures.objects.all()}
    shown: list[dict[str, Any]] = []
    for card in _cards.values():
        if not request.user.has_perm(card.permission):
            continue
        if card.is_live:
            measured = card.measure(now)
            data, at = (asdict(measured) if measured else {}), now
        elif card.name in held:
            data, at = held[card.name].data, held[card.name].measured_at
        else:
            shown.append({"title": card.title, "measured_at": None})
            continue
        if data:
            shown.append({"title": card.title, "measured_at": at, "is_live": card.is_live, **_drawn(data)})
    return shown


def get_figures(name: str) -> dict[str, Any] | None:
    """Return what a card shows, for a page that tells more of the same; None before it was measured. One query."""
    held = Figures.objects.filter(name=name).first()
    return {"measured_at": held.measured_at, **_drawn(held.data)} if held and held.data else None


def _drawn(data: dict[str, Any]) -> dict[str, Any]:
    """Return a card's data with its bars as shapes in a drawing 100 high and 10 a bar wide, and figures to be read."""
    bars, series = data["bars"], data.get("series", [])
    lines = [{**line, "value": _grouped(line["value"])} for line in data["lines"]]
    numbers = [value for _, value in bars] + [value for one in series if one["drawn"] for value in one["values"]]
    scale = 100 / (max(numbers, default=0) or 1)
    rows = []
    for index, (label, value) in enumerate(bars):
        more = [{"drawn": one["drawn"], **_shape(index, one["values"][index], scale)} for one in series]
        rows.append({"label": label, "more": more, **_shape(index, value, scale)})
    named = [data.get("bars_name", ""), *(one["name"] for one in series)] if series else []
    axis = [rows[index]["label"] for index in (0, len(rows) // 2, -1)] if rows else []
    return {**data, "lines": lines, "bars": rows, "bars_width": 10 * len(bars), "columns": named, "axis": axis}


def _shape(index: int, value: int, scale: float) -> dict[str, Any]:
    return {
        "x": 10 * index + 1,
        "right": 10 * index + 9,
        "y": 100 - scale * value,
        "height": scale * value,
        "value": value,
        "text": _grouped(value),
    }


def _grouped(value: int | str) -> str:
    return f"{value:,}" if isinstance(value, int) else value
