"""The working of a chart as data: what was added, where it came from, and what it gave.

Source: docs/numerology.md#working.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from core.numerology.reduction import Reduction

if TYPE_CHECKING:
    from core.numerology.chart import BirthChart

_PARTS = "parts"
_INITIALS = "initials"

# What the addends of each number are called; name numbers take the parts or initials of the name itself.
LABELS: dict[str, tuple[str, ...] | str] = {
    "life_path": ("month", "day", "year"),
    "birthday": ("day",),
    "attitude": ("month", "day"),
    "generation": ("year",),
    "expression": _PARTS,
    "soul_urge": _PARTS,
    "personality": _PARTS,
    "minor_expression": _PARTS,
    "minor_soul_urge": _PARTS,
    "minor_personality": _PARTS,
    "balance": _INITIALS,
    "rational_thought": ("first name", "day"),
    "maturity": ("life path", "expression"),
    "pinnacle_1": ("month", "day"),
    "pinnacle_2": ("day", "year"),
    "pinnacle_3": ("pinnacle 1", "pinnacle 2"),
    "pinnacle_4": ("month", "year"),
    "universal_year": ("year",),
    "universal_month": ("universal year", "month"),
    "universal_day": ("universal month", "day"),
    "personal_year": ("birth month", "birth day", "universal year"),
    "personal_month": ("personal year", "month"),
    "personal_day": ("personal month", "day"),
    "essence": "transits",
    "chaldean_root": _PARTS,
    "cheiro_compound": _PARTS,
    "vedic_psychic": ("day",),
    "vedic_destiny": ("month digits", "day digits", "year digits"),
    "vedic_name": _PARTS,
}
_IN_USE = frozenset({"chaldean_root", "cheiro_compound", "vedic_name"})


@dataclass(frozen=True, slots=True)
class Term:
    """One addend: its label, the steps that led to it, and what it adds (the last step)."""

    label: str
    chain: tuple[int, ...]

    @property
    def adds(self) -> int:
        return self.chain[-1]


def _labels(chart: "BirthChart", quantity: str) -> tuple[str, ...]:
    labels = LABELS[quantity]
    if labels == "transits":
        assert chart.transits is not None
        return tuple(letter[0] for letter in chart.transits if letter is not None)
    if labels == _INITIALS:
        return tuple(part[0] for part in chart.name.parts)
    if labels == _PARTS:
        if quantity.startswith("minor_"):
            assert chart.current_name is not None
            return chart.current_name.parts
        return chart.in_use if quantity in _IN_USE else chart.name.parts
    assert isinstance(labels, tuple)
    return labels


def _chain(addend: int | tuple[int, ...] | Reduction) -> tuple[int, ...]:
    if isinstance(addend, Reduction):
        return addend.chain
    return addend if isinstance(addend, tuple) else (addend,)


def terms(chart: "BirthChart", quantity: str) -> tuple[Term, ...]:
    """Return what was added to make a number of the chart; empty where there is no such number or no working."""
    addends = (chart.working or {}).get(quantity, ())
    return tuple(
        Term(label, _chain(addend))
        for label, addend in zip(_labels(chart, quantity) if addends else (), addends, strict=True)
    )
