"""The working of a chart as data: what was added, where it came from, and what it gave.

Source: docs/numerology.md#working.
"""

from collections.abc import Sequence
from datetime import date
from typing import TYPE_CHECKING, Any, NamedTuple

from core.numerology import dates, periods
from core.numerology.letter_tally import part_totals
from core.numerology.letters import letters_of
from core.numerology.names import Name
from core.numerology.reduction import SINGLE_DIGITS, Reduction, ReductionTable, digit_sum, root
from core.numerology.vowels import cased_parts

if TYPE_CHECKING:
    from core.numerology.chart_record import BirthChart
    from core.numerology.school import School

# What was added for each number: plain numbers, the steps that led to them, or the reductions that gave them.
Working = dict[str, Sequence[Any]]
_CHALDEAN_LETTERS = letters_of("chaldean")

_PARTS = "parts"
_INITIALS = "initials"
_TRANSITS = "transits"

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
    "essence": _TRANSITS,
    "chaldean_root": _PARTS,
    "cheiro_compound": _PARTS,
    "vedic_psychic": ("day",),
    "vedic_destiny": ("month digits", "day digits", "year digits"),
    "vedic_name": _PARTS,
}
_IN_USE = frozenset({"chaldean_root", "cheiro_compound", "vedic_name"})


class Term(NamedTuple):
    """One addend: its label, the steps that led to it, and what it adds (the last step)."""

    label: str
    chain: tuple[int, ...]

    @property
    def adds(self) -> int:
        return self.chain[-1]


def _part_addends(sums: Sequence[int], mode: str, table: ReductionTable) -> Sequence[Any]:
    return sums if mode == "total" else [table[total] for total in sums]


def _add_name_working(working: Working, chart: Any, school: "School") -> None:
    mode, parts, table, values = school.options.mode, school.part_table, school.masters_table, school.letters.values
    totals: list[int] = chart.part_totals
    name: Name = chart.name
    born: date = chart.birth_date
    working["expression"] = _part_addends(totals, mode, parts)
    working["soul_urge"] = _part_addends(chart.vowel_totals, mode, parts)
    working["personality"] = _part_addends(chart.consonant_totals, mode, parts)
    working["balance"] = [values[part[0]] for part in chart.cased]
    working["rational_thought"] = (table[sum(totals[: name.first_count or 1])], table[born.day])
    working["maturity"] = (chart.life_path.value, chart.expression.value)
    current: Name | None = chart.current_name
    if current is not None:
        cased = cased_parts(current.parts, school.letters, school.options.vowel_rule)
        sums = part_totals(school.tally.words(cased))
        working["minor_expression"] = _part_addends(sums.letters, mode, parts)
        working["minor_soul_urge"] = _part_addends(sums.vowels, mode, parts)
        working["minor_personality"] = _part_addends(sums.consonants, mode, parts)


def _add_cycle_working(working: Working, chart: Any, school: "School") -> None:
    born: date = chart.birth_date
    parts = school.pinnacle_table
    month, day, year = parts[born.month], parts[born.day], parts[born.year]
    first, second = chart.pinnacles[:2]
    reduced = school.options.pinnacle_p3_reduced
    working["pinnacle_1"] = (month, day)
    working["pinnacle_2"] = (day, year)
    working["pinnacle_3"] = (first.root, second.root) if reduced else (first.value, second.value)
    working["pinnacle_4"] = (month, year)
    working["challenges"] = (SINGLE_DIGITS[born.month], SINGLE_DIGITS[born.day], SINGLE_DIGITS[born.year])


def _add_current_working(working: Working, chart: Any, on: date, school: "School") -> None:
    born: date = chart.birth_date
    options = school.options
    masters = options.personal_masters
    universal, personal = chart.universal, chart.personal
    cycle_year = periods.cycle_year(born.month, born.day, on, options.personal_year_boundary)
    month, day, on_month, on_day = born.month, born.day, on.month, on.day
    if masters:
        month, day, on_month, on_day = root(month), root(day), root(on_month), root(on_day)
    working["universal_year"] = (on.year,)
    working["universal_month"] = (universal[0].value, on_month)
    working["universal_day"] = (universal[1].value, on_day)
    working["personal_year"] = (month, day, periods.universal_year(cycle_year, masters))
    working["personal_month"] = (personal[0].value, on_month)
    working["personal_day"] = (personal[1].value, on_day)
    working["essence"] = [letter[1] for letter in chart.transits if letter]


def add_working(chart: Any, school: "School") -> None:
    """Add the letters and the addends of every number to the fields of a chart."""
    born: date = chart.birth_date
    options = school.options
    totals: list[int] = chart.chaldean_part_totals
    working: Working = {
        "life_path": dates.life_path_chains(born, options.life_path_method, options.masters),
        "birthday": (born.day,),
        "attitude": (born.month, born.day),
        "generation": (born.year,),
        "chaldean_root": totals,
        "cheiro_compound": [SINGLE_DIGITS[total] for total in totals],
        "vedic_psychic": (born.day,),
        "vedic_destiny": [digit_sum(part) for part in (born.month, born.day, born.year)],
        "vedic_name": totals,
    }
    _add_name_working(working, chart, school)
    _add_cycle_working(working, chart, school)
    if chart.on is not None:
        _add_current_working(working, chart, chart.on, school)
    chart.working = working
    look_up = school.letter_objects.__getitem__
    chart.letters = tuple([tuple(map(look_up, part)) for part in chart.cased])
    look_up = _CHALDEAN_LETTERS.__getitem__
    chart.chaldean_letters = tuple([tuple(map(look_up, part)) for part in chart.in_use])


def _labels(chart: "BirthChart", quantity: str) -> tuple[str, ...]:
    labels = LABELS[quantity]
    if labels == _TRANSITS:
        return tuple(letter[0] for letter in chart.transits or () if letter)
    if labels == _INITIALS:
        return tuple(part[0] for part in chart.name.parts)
    if labels == _PARTS:
        if quantity.startswith("minor_") and chart.current_name is not None:
            return chart.current_name.parts
        return chart.in_use if quantity in _IN_USE else chart.name.parts
    return tuple(labels)


def terms(chart: "BirthChart", quantity: str) -> tuple[Term, ...]:
    """Return what was added to make a number of the chart; empty where there is no such number or no working."""
    return tuple([Term(label, chain) for label, chain in labelled_chains(chart, quantity)])


def labelled_chains(chart: "BirthChart", quantity: str) -> list[tuple[str, tuple[int, ...]]]:
    """Return the label and the steps of each of those `terms`."""
    addends = chart.working.get(quantity) if chart.working else None
    if not addends:
        return []
    return [
        (label, (addend,) if type(addend) is int else addend.chain if type(addend) is Reduction else addend)
        for label, addend in zip(_labels(chart, quantity), addends, strict=True)
    ]
