"""Where schools differ for one very person.

Source: docs/numerology.md#alternatives.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from core.numerology import name_numbers
from core.numerology.dates import life_path
from core.numerology.letters import letter_table
from core.numerology.options import CHOICES
from core.numerology.periods import cycle_year, personal_year
from core.numerology.reduction import DEFAULT_MASTERS, NO_MASTERS, Masters
from core.numerology.vowels import apply_overrides, cased_parts

if TYPE_CHECKING:
    from core.numerology.chart_record import BirthChart

_OTHER_MASTERS: tuple[Masters, ...] = (DEFAULT_MASTERS, frozenset({11, 22}), NO_MASTERS)
_NAME_NUMBERS = ("expression", "soul_urge", "personality")


@dataclass(frozen=True, slots=True)
class Alternative:
    """Another value that one changed option gives to a number of this person."""

    quantity: str
    option: str
    choice: str
    value: int | None

    def to_dict(self) -> dict[str, Any]:
        return {"quantity": self.quantity, "option": self.option, "choice": self.choice, "value": self.value}


def _life_paths(chart: "BirthChart") -> Iterator[Alternative]:
    options = chart.options
    for method in CHOICES["life_path_method"]:
        number = life_path(chart.birth_date, method, options.masters)
        yield Alternative("life_path", "life_path_method", method, number.value)
    for masters in _OTHER_MASTERS:
        number = life_path(chart.birth_date, options.life_path_method, masters)
        yield Alternative("life_path", "masters", _masters_text(masters), number.value)


def _masters_text(masters: Masters) -> str:
    return ",".join(map(str, sorted(masters))) or "none"


def _name_values(
    chart: "BirthChart", cased: tuple[str, ...], mode: str, part_masters: bool, masters: Masters
) -> Iterator[tuple[str, int | None]]:
    table = letter_table(chart.options.table, chart.options.finals)
    for quantity, sums in zip(_NAME_NUMBERS, name_numbers.part_totals(cased, table), strict=False):
        number = name_numbers.name_number(sums, mode, part_masters, masters)
        yield quantity, None if number is None else number.value


def _names(chart: "BirthChart") -> Iterator[Alternative]:
    options = chart.options
    ways = (
        ("mode", "per_part", ("per_part", options.part_masters, options.masters)),
        ("mode", "total", ("total", options.part_masters, options.masters)),
        ("part_masters", "true", (options.mode, True, options.masters)),
        ("part_masters", "false", (options.mode, False, options.masters)),
        *(
            ("masters", _masters_text(masters), (options.mode, options.part_masters, masters))
            for masters in _OTHER_MASTERS
        ),
    )
    for option, choice, (mode, part_masters, masters) in ways:
        for quantity, value in _name_values(chart, chart.cased, mode, part_masters, masters):
            yield Alternative(quantity, option, choice, value)
    table = letter_table(options.table, options.finals)
    for rule in CHOICES["vowel_rule"]:
        cased = apply_overrides(cased_parts(chart.name.parts, table, rule), chart.vowel_overrides)
        for quantity, value in _name_values(chart, cased, options.mode, options.part_masters, options.masters):
            yield Alternative(quantity, "vowel_rule", rule, value)


def _personal_years(chart: "BirthChart") -> Iterator[Alternative]:
    if chart.on is None:
        return
    month, day, options = chart.birth_date.month, chart.birth_date.day, chart.options
    for boundary in CHOICES["personal_year_boundary"]:
        year = cycle_year(month, day, chart.on, boundary)
        number = personal_year(month, day, year, options.personal_masters)
        yield Alternative("personal_year", "personal_year_boundary", boundary, number.value)
    year = cycle_year(month, day, chart.on, options.personal_year_boundary)
    for masters in (NO_MASTERS, frozenset({11, 22})):
        number = personal_year(month, day, year, masters)
        yield Alternative("personal_year", "personal_masters", _masters_text(masters), number.value)


def _value(chart: "BirthChart", quantity: str) -> int | None:
    if quantity == "personal_year":
        return None if chart.personal is None else chart.personal[0].value
    number = getattr(chart, quantity)
    return None if number is None else int(number.value)


def alternatives(chart: "BirthChart") -> tuple[Alternative, ...]:
    """Return every single changed option that gives this person another value, and that value.

    Life Path methods and masters, the way name numbers are summed, vowel rules, and the Personal Year's boundary
    and masters are tried one at a time. The roots agree wherever the same letters are counted.
    """
    tried = (*_life_paths(chart), *_names(chart), *_personal_years(chart))
    return tuple(item for item in tried if item.value != _value(chart, item.quantity))
