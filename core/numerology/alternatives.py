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
from core.numerology.vowels import apply_overrides, cased_parts, depends_on_rule

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


# quantity, option, choice, value
_Tried = tuple[str, str, str, int | None]


def _life_paths(chart: "BirthChart") -> Iterator[_Tried]:
    options = chart.options
    for method in CHOICES["life_path_method"]:
        number = life_path(chart.birth_date, method, options.masters)
        yield "life_path", "life_path_method", method, number.value
    for masters in _OTHER_MASTERS:
        number = life_path(chart.birth_date, options.life_path_method, masters)
        yield "life_path", "masters", _masters_text(masters), number.value


def _masters_text(masters: Masters) -> str:
    return ",".join(map(str, sorted(masters))) or "none"


def _names(chart: "BirthChart") -> Iterator[_Tried]:
    options = chart.options
    table = letter_table(options.table, options.finals)
    own = options.mode, options.part_masters, options.masters
    sums = name_numbers.part_totals(chart.cased, table)
    ways = [
        ("mode", "per_part", sums, ("per_part", options.part_masters, options.masters)),
        ("mode", "total", sums, ("total", options.part_masters, options.masters)),
        ("part_masters", "true", sums, (options.mode, True, options.masters)),
        ("part_masters", "false", sums, (options.mode, False, options.masters)),
    ]
    ways += [
        ("masters", _masters_text(masters), sums, (options.mode, options.part_masters, masters))
        for masters in _OTHER_MASTERS
    ]
    for rule in CHOICES["vowel_rule"] if depends_on_rule(chart.name.parts, table) else ():
        cased = apply_overrides(cased_parts(chart.name.parts, table, rule), chart.vowel_overrides)
        # Where the rule changes no letter of this name, it changes no number.
        if cased != chart.cased:
            ways.append(("vowel_rule", rule, name_numbers.part_totals(cased, table), own))
    for option, choice, totals, (mode, part_masters, masters) in ways:
        for quantity, part_sums in zip(_NAME_NUMBERS, totals, strict=False):
            number = name_numbers.name_number(part_sums, mode, part_masters, masters)
            yield quantity, option, choice, None if number is None else number.value


def _personal_years(chart: "BirthChart") -> Iterator[_Tried]:
    if chart.on is None:
        return
    month, day, options = chart.birth_date.month, chart.birth_date.day, chart.options
    for boundary in CHOICES["personal_year_boundary"]:
        year = cycle_year(month, day, chart.on, boundary)
        number = personal_year(month, day, year, options.personal_masters)
        yield "personal_year", "personal_year_boundary", boundary, number.value
    year = cycle_year(month, day, chart.on, options.personal_year_boundary)
    for masters in (NO_MASTERS, frozenset({11, 22})):
        number = personal_year(month, day, year, masters)
        yield "personal_year", "personal_masters", _masters_text(masters), number.value


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
    own = {quantity: _value(chart, quantity) for quantity in ("life_path", *_NAME_NUMBERS, "personal_year")}
    tried = (*_life_paths(chart), *_names(chart), *_personal_years(chart))
    return tuple([Alternative(*item) for item in tried if item[3] != own[item[0]]])
