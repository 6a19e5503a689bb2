"""Every quantity a worked example can ask for, computed by the functions that the chart uses.

A quantity that is a ``Reduction`` also answers as ``NAME_total``, ``NAME_root``, ``NAME_chain`` and ``karmic_debt_NAME``.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from core.numerology import cabalistic, chaldean, combinations, cycles, dates, kua, name_numbers, periods, transits, vedic
from core.numerology.birth_grid import birth_grid
from core.numerology.compatibility import compatibility_pair, compatibility_row, harmony_triad
from core.numerology.digit_grids import present_counts
from core.numerology.errors import EngineError
from core.numerology.gematria import mixed_number, text_total
from core.numerology.letters import PYTHAGOREAN, letter_values
from core.numerology.lo_shu import LINES, LoShu, added_numbers, lo_shu
from core.numerology.options import PRESETS
from core.numerology.psychomatrix import Psychomatrix, psychomatrix, working_numbers
from core.numerology.reduction import (
    DEFAULT_MASTERS,
    NO_MASTERS,
    Reduction,
    digit_sum,
    karmic_debt_of,
    reduce_number,
    reductions,
    root,
)
from core.numerology.vector_query import Query

Handler = Callable[[Query], Any]

_WRITING = frozenset({"preset", "table", "hyphen", "apostrophe", "split", "umlaut", "drop_suffix", "yo", "finals"})
_LETTERS = _WRITING | {"vowel_rule", "vowel_overrides"}
_NAME = _LETTERS | {"mode", "part_masters", "masters"}
_MASTERS = frozenset({"preset", "masters"})
_LIFE_PATH = _MASTERS | {"method", "lp_method", "life_path_method"}
_WHOLE = _NAME | _LIFE_PATH
_PERSONAL = _MASTERS | {"boundary", "personal_year_boundary"}
_PERIODS = _LIFE_PATH | {"period_36", "fixed", "fixed_28", "period_ages"}
_PINNACLES = _LIFE_PATH | {"part_masters", "pinnacle_part_masters", "p3_reduced", "pinnacle_p3_reduced"}
_SPANS = _LIFE_PATH | {"boundary", "pinnacle_boundary"}
_CHALLENGES = _LIFE_PATH | {"count", "challenge_count", "ages", "challenge_ages"}
_TRANSITS = _WRITING | {"no_middle", "age_base", "masters"}
_CHALDEAN = _WRITING | {"masters", "mode"}
_KUA = frozenset({"preset", "boundary", "year_boundary", "kua_boundary", "five", "kua_five", "sex"})
_LO_SHU = _KUA | {"add", "lo_shu_add", "skip_single_day_driver", "lo_shu_skip_single_day_driver", "table"}
_MATRIX = frozenset({"preset", "post2000", "root", "psychomatrix_root"})
_CABALISTIC = _NAME | _PERSONAL | {"count"}
_SCHOOL = frozenset({"school", "table", "method"})
_NOTHING: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Quantity:
    """How one quantity is computed, and which options apply to it."""

    compute: Handler
    accepts: frozenset[str]


QUANTITIES: dict[str, Quantity] = {}


def _quantity(accepts: frozenset[str], *names: str) -> Callable[[Handler], Handler]:
    def register(handler: Handler) -> Handler:
        for name in names:
            QUANTITIES[name] = Quantity(handler, accepts)
        return handler

    return register


def _define(accepts: frozenset[str], **handlers: Handler) -> None:
    for name, handler in handlers.items():
        QUANTITIES[name] = Quantity(handler, accepts)


# --- numbers of a date


_define(
    _LIFE_PATH,
    life_path=lambda q: q.life_path,
    karmic_debt_life_path=lambda q: q.life_path.karmic_debt,
)
_define(
    _MASTERS,
    reduce=lambda q: reduce_number(q.number("number"), q.masters(q.options.masters)),
    birthday=lambda q: dates.birthday(q.birth_day, q.masters(q.options.masters)),
    attitude=lambda q: dates.attitude(q.birth_month, q.birth_day, q.masters(q.options.attitude_masters)),
    generation=lambda q: dates.generation(_birth_year(q), q.masters(q.options.masters)),
    karmic_debt_birthday=lambda q: dates.birthday_debt(q.birth_day),
    karmic_debt_of_total=lambda q: karmic_debt_of(q.number("number", "total")),
    root=lambda q: root(q.number("number")),
    digit_sum=lambda q: digit_sum(q.number("number")),
    vedic_psychic=lambda q: vedic.psychic(q.birth_day, q.masters(q.options.vedic_masters)),
    vedic_destiny=lambda q: vedic.destiny(q.birth, q.masters(q.options.vedic_masters)),
    chaldean_birth=lambda q: reductions(q.masters(q.options.chaldean_masters))[q.birth_day],
    chaldean_birth_compound=lambda q: q.birth_day if q.birth_day > 9 else None,
    age=lambda q: q.age,
)
for _alias, _name in {
    "sun": "attitude",
    "achievement": "attitude",
    "generation_number": "generation",
    "moolank": "vedic_psychic",
    "driver": "vedic_psychic",
    "vedic_driver": "vedic_psychic",
    "bhagyank": "vedic_destiny",
    "conductor": "vedic_destiny",
    "vedic_conductor": "vedic_destiny",
    "chaldean_birth_number": "chaldean_birth",
    "chaldean_birthday": "chaldean_birth",
    "cheiro_birth": "chaldean_birth",
}.items():
    QUANTITIES[_alias] = QUANTITIES[_name]


def _birth_year(q: Query) -> int:
    return q.birth.year if q.has("birth_date") else dates.parse_year(q.number("year", "birth_year"))


@_quantity(_MASTERS | _SCHOOL, "ruling_planet", "vedic_planet", "planet")
def _planet(q: Query) -> str:
    number = q.number("number") if q.has("number") else q.birth_day
    return vedic.ruling_planet(number, q.own_choice("school", ("indian", "cheiro")))


# --- numbers of a name


def _totals(q: Query, which: str) -> list[int]:
    totals = name_numbers.part_totals(q.cased, q.table)
    if which == "all":
        return totals
    vowels = name_numbers.vowel_totals(q.cased, q.table)
    return vowels if which == "vowels" else name_numbers.consonant_totals(totals, vowels)


def _name_number(which: str) -> Handler:
    def compute(q: Query) -> Reduction | None:
        options = q.options
        return name_numbers.name_number(_totals(q, which), options.mode, options.part_masters, options.masters)

    return compute


def _name_debt(which: str) -> Handler:
    def compute(q: Query) -> int | None:
        number = _name_number(which)(q)
        if number is None:
            return None
        return number.karmic_debt or karmic_debt_of(sum(_totals(q, which)))

    return compute


for _name, _which in (("expression", "all"), ("soul_urge", "vowels"), ("personality", "consonants")):
    _define(
        _NAME,
        **{
            _name: _name_number(_which),
            f"minor_{_name}": _name_number(_which),
            f"karmic_debt_{_name}": _name_debt(_which),
            f"karmic_debt_minor_{_name}": _name_debt(_which),
        },
    )
for _alias, _name in {"destiny": "expression", "heart_desire": "soul_urge", "hearts_desire": "soul_urge"}.items():
    QUANTITIES[_alias] = QUANTITIES[_name]
    QUANTITIES[f"karmic_debt_{_alias}"] = QUANTITIES[f"karmic_debt_{_name}"]
QUANTITIES["name_number"] = QUANTITIES["expression"]


def _expression_value(q: Query) -> int:
    if q.has("expression"):
        return q.number("expression")
    return _number_value("expression", _name_number("all")(q))


def _number_value(key: str, number: Reduction | None) -> int:
    if number is None:
        raise EngineError("INVALID_INPUT", key, f"The name has no {key}.")
    return number.value


def _maturity(q: Query) -> Reduction:
    return combinations.maturity(q.life_path_value(), _expression_value(q), q.masters(q.options.masters))


def _inclusion(q: Query) -> tuple[int, ...]:
    return name_numbers.inclusion(q.cased, q.table)


def _word(q: Query) -> str:
    return q.cased[0] if q.options.word == "first" else q.cased[-1]


def _first_name_total(q: Query) -> int:
    totals = _totals(q, "all")
    return totals[-1] if q.options.word == "last" else sum(totals[: q.name.first_count or 1])


def _rational_thought(q: Query) -> Reduction:
    return combinations.rational_thought(_first_name_total(q), q.birth_day, q.masters(q.options.masters))


def _role(q: Query) -> str:
    letter = str(q.method.get("letter", q.input.get("letter", "Y"))).upper()
    role = next((cased for part in q.cased for cased in part if cased.upper() == letter), None)
    if role is None:
        raise EngineError("INVALID_INPUT", "letter", "The name has no such letter.")
    return "vowel" if role.islower() else "consonant"


_define(_WHOLE, maturity=_maturity, power=_maturity, realisation=_maturity)
_define(
    _WHOLE | {"word"},
    rational_thought=_rational_thought,
    cornerstone=lambda q: name_numbers.cornerstone(_word(q)),
    capstone=lambda q: name_numbers.capstone(_word(q)),
    first_vowel=lambda q: name_numbers.first_vowel(_word(q)),
    keystone=lambda q: name_numbers.keystone(_word(q)),
)
_define(
    _NAME,
    balance=lambda q: name_numbers.balance(q.cased, q.table, q.masters(q.options.balance_masters)),
    digit_counts=lambda q: {digit: count for digit, count in enumerate(_inclusion(q), 1) if count},
    karmic_lessons=lambda q: name_numbers.karmic_lessons(_inclusion(q), q.table.highest),
    hidden_passion=lambda q: name_numbers.hidden_passion(_inclusion(q)),
    subconscious_self=lambda q: name_numbers.subconscious_self(_inclusion(q)),
    letter_values=lambda q: list(letter_values("".join(q.name.parts), q.table)),
    normalized_name=lambda q: q.name.text,
    ignored_letters=lambda q: q.name.ignored,
    name_parts=lambda q: q.name.parts,
    initials=lambda q: [part[0] for part in q.name.parts],
    cornerstones=lambda q: [part[0].upper() for part in q.name.parts],
    keystones=lambda q: [name_numbers.keystone(part) for part in q.name.parts],
    capstones=lambda q: [part[-1].upper() for part in q.name.parts],
)
for _alias, _name in {
    "confidence": "subconscious_self",
    "subconscious": "subconscious_self",
    "intensity": "digit_counts",
    "intensity_table": "digit_counts",
    "inclusion": "digit_counts",
    "inclusion_table": "digit_counts",
    "normalised_name": "normalized_name",
}.items():
    QUANTITIES[_alias] = QUANTITIES[_name]
_define(
    _NAME | {"which"},
    name_part_totals=lambda q: _totals(q, q.own_choice("which", ("all", "vowels", "consonants"))),
    part_totals=lambda q: _totals(q, q.own_choice("which", ("all", "vowels", "consonants"))),
    one_sum_total=lambda q: sum(_totals(q, q.own_choice("which", ("all", "vowels", "consonants")))),
)
_define(_LETTERS | {"letter"}, y_role=_role, letter_role=_role, w_role=_role)


@_quantity(_WHOLE, "bridge", "bridge_life_path_expression")
def _bridge(q: Query) -> int:
    if q.has("a", "b"):
        return combinations.bridge(q.number("a"), q.number("b"))
    if q.has("soul_urge", "personality"):
        return combinations.bridge(q.number("soul_urge"), q.number("personality"))
    if q.has("life_path", "birthday"):
        return combinations.bridge(q.number("life_path"), q.number("birthday"))
    if q.has("life_path", "soul_urge"):
        return combinations.bridge(q.number("life_path"), q.number("soul_urge"))
    return combinations.bridge(q.life_path_value(), _expression_value(q))


def _given_or(q: Query, key: str, which: str) -> int:
    return q.number(key) if q.has(key) else _number_value(key, _name_number(which)(q))


def _birthday_value(q: Query) -> int:
    return q.number("birthday") if q.has("birthday") else q.birth_day


_define(
    _WHOLE,
    bridge_soul_urge_personality=lambda q: combinations.bridge(
        _given_or(q, "soul_urge", "vowels"), _given_or(q, "personality", "consonants")
    ),
    bridge_life_path_birthday=lambda q: combinations.bridge(q.life_path_value(), _birthday_value(q)),
    bridge_life_path_soul_urge=lambda q: combinations.bridge(q.life_path_value(), _given_or(q, "soul_urge", "vowels")),
)


@_quantity(_WHOLE, "karmic_debts")
def _karmic_debts(q: Query) -> list[int]:
    """All debts of the core numbers that the input can give, ascending."""
    found: set[int | None] = set()
    if q.has("birth_date"):
        found |= {q.life_path.karmic_debt, dates.birthday_debt(q.birth_day)}
    if q.has("name"):
        for which in ("all", "vowels", "consonants"):
            number = _name_number(which)(q)
            found |= {number and number.karmic_debt, karmic_debt_of(sum(_totals(q, which)))}
    return sorted(debt for debt in found if debt is not None)


# --- planes

_TEMPERAMENT_NAMES = {"inspired": "creative", "dual": "vacillating", "balanced": "grounded"}


def _row(q: Query, key: str, names: tuple[str, ...]) -> str:
    given = q.need(key)
    name = _TEMPERAMENT_NAMES.get(given, given)
    if name not in names:
        raise EngineError("INVALID_INPUT", key, f"{key} is one of: {', '.join(names)}.")
    return str(name)


def _plane(q: Query) -> str:
    return _row(q, "plane", name_numbers.PLANES)


def _temperament(q: Query) -> str:
    return _row(q, "temperament", name_numbers.TEMPERAMENTS)


def _plane_figures(q: Query, name: str) -> tuple[int, int]:
    table = q.table if q.table.codes is not None else PYTHAGOREAN
    figures = name_numbers.planes(q.name.parts, table)
    index = 2 * (name_numbers.PLANES + name_numbers.TEMPERAMENTS).index(name)
    return figures[index], figures[index + 1]


def _plane_number(q: Query, name: str) -> Reduction | int | None:
    if q.options.planes == "digit" and name in name_numbers.PLANE_DIGITS:
        return name_numbers.plane_digit_counts(_inclusion(q))[name]
    return name_numbers.plane_number(_plane_figures(q, name)[0], q.masters(q.options.masters))


def _plane_count(q: Query, name: str) -> int:
    if q.options.planes == "digit" and name in name_numbers.PLANE_DIGITS:
        return name_numbers.plane_digit_counts(_inclusion(q))[name]
    return _plane_figures(q, name)[1]


def _plane_share(q: Query, name: str) -> float:
    return round(_plane_count(q, name) / sum(map(len, q.name.parts)), 4)


_define(
    _NOTHING,
    plane_letters=lambda q: name_numbers.PLANE_LETTERS[_plane(q)],
    plane_digits=lambda q: name_numbers.PLANE_DIGITS[_plane(q)],
    temperament_letters=lambda q: name_numbers.TEMPERAMENT_LETTERS[_temperament(q)],
)
_define(
    _NAME | {"planes"},
    plane_number=lambda q: _plane_number(q, _plane(q)),
    plane_count=lambda q: _plane_count(q, _plane(q)),
    plane_share=lambda q: _plane_share(q, _plane(q)),
    temperament_number=lambda q: _plane_number(q, _temperament(q)),
    temperament_count=lambda q: _plane_count(q, _temperament(q)),
    temperament_share=lambda q: _plane_share(q, _temperament(q)),
    plane_numbers=lambda q: {name: _plain(_plane_number(q, name)) for name in name_numbers.PLANES},
    plane_counts=lambda q: {name: _plane_count(q, name) for name in name_numbers.PLANES},
    temperament_numbers=lambda q: {name: _plain(_plane_number(q, name)) for name in name_numbers.TEMPERAMENTS},
    temperament_counts=lambda q: {name: _plane_count(q, name) for name in name_numbers.TEMPERAMENTS},
)


# --- long cycles


def _period_rule(q: Query) -> str:
    for rule in ("period_36", "fixed", "fixed_28"):
        if q.method.get(rule) is True or q.method.get("method") == rule:
            return rule
    return q.options.period_ages


def _life_path_for(q: Query) -> int:
    # Only the root counts here, on which all methods agree, so a method that names an age rule does no harm.
    return q.number("life_path") if q.has("life_path") else dates.life_path(q.birth).value


def _turn_ages(q: Query) -> tuple[int, int]:
    return cycles.period_turn_ages(_life_path_for(q), _period_rule(q))


def _turn_years(q: Query) -> list[int]:
    return [_birth_year(q) + age for age in _turn_ages(q)]


def _pinnacles(q: Query) -> tuple[Reduction, ...]:
    options = q.options
    part_masters = bool(q.method.get("part_masters", options.pinnacle_part_masters))
    return cycles.pinnacles(q.birth, q.masters(options.masters), part_masters, options.pinnacle_p3_reduced)


def _pinnacle_boundary(q: Query) -> str:
    return q.choice("boundary", "pinnacle_boundary", q.options.pinnacle_boundary)


def _spans(q: Query) -> tuple[cycles.Span, ...]:
    return cycles.pinnacle_spans(_life_path_for(q), _pinnacle_boundary(q))


def _pinnacle_index(q: Query) -> int:
    age = q.age
    if _pinnacle_boundary(q) == "calendar" and q.has("birth_date") and not q.has("age"):
        age = q.current.year - q.birth.year
    return cycles.span_index(_spans(q), age)


def _period_index(q: Query) -> int:
    years = q.number("age") if q.has("age") else q.current.year - q.birth.year
    return cycles.period_index(_life_path_for(q), years, _period_rule(q))


def _challenges(q: Query) -> tuple[int, ...]:
    return cycles.challenges(q.birth, q.options.challenge_count)


def _challenge_spans(q: Query) -> tuple[cycles.Span, ...]:
    options = q.options
    return cycles.challenge_spans(_life_path_for(q), options.challenge_ages, options.challenge_count)


_define(
    _PERIODS,
    period_cycles=lambda q: cycles.period_cycles(q.birth, q.masters(q.options.masters)),
    period_turn_ages=_turn_ages,
    period_turn_years=_turn_years,
    period_turn_ages_36=lambda q: cycles.period_turn_ages(_life_path_for(q), "period_36"),
    period_turn_ages_fixed=lambda q: cycles.period_turn_ages(_life_path_for(q), "fixed"),
    period_index=lambda q: _period_index(q) + 1,
    current_period_cycle=lambda q: cycles.period_cycles(q.birth, q.masters(q.options.masters))[_period_index(q)],
)
_define(
    _PINNACLES | _SPANS,
    pinnacles=_pinnacles,
    pinnacle_ends=lambda q: cycles.pinnacle_ends(_life_path_for(q)),
    pinnacle_spans=_spans,
    pinnacle_ages=_spans,
    pinnacle_ranges=_spans,
    pinnacle_starts=lambda q: [start for start, _ in _spans(q)],
    pinnacle_years=lambda q: [_birth_year(q) + start for start, _ in _spans(q)],
    pinnacle_index=lambda q: _pinnacle_index(q) + 1,
    current_pinnacle=lambda q: _pinnacles(q)[_pinnacle_index(q)],
)
_define(
    _CHALLENGES,
    challenges=_challenges,
    main_challenge=lambda q: _challenges(q)[2],
    challenge_ages=_challenge_spans,
    challenge_spans=_challenge_spans,
)


# --- short cycles


def _universal_year(q: Query) -> Reduction:
    year = q.current.year if q.has("current_date") else dates.parse_year(q.number("year", "current_year"))
    return periods.universal_year(year, q.masters(q.options.personal_masters))


def _universal_month(q: Query) -> Reduction:
    masters = q.masters(q.options.personal_masters)
    above = q.number("universal_year") if q.has("universal_year") else _universal_year(q).value
    return periods.personal_month(above, q.current_month(), masters)


def _universal_day(q: Query) -> Reduction:
    masters = q.masters(q.options.personal_masters)
    above = q.number("universal_month") if q.has("universal_month") else _universal_month(q).value
    return periods.personal_day(above, q.current_day(), masters)


def _personal_year(q: Query) -> Reduction:
    masters = q.masters(q.options.personal_masters)
    return periods.personal_year(q.birth_month, q.birth_day, q.personal_cycle_year(), masters)


def _personal_month(q: Query) -> Reduction:
    masters = q.masters(q.options.personal_masters)
    above = q.number("personal_year") if q.has("personal_year") else _personal_year(q).value
    return periods.personal_month(above, q.current_month(), masters)


def _personal_day(q: Query) -> Reduction:
    masters = q.masters(q.options.personal_masters)
    above = q.number("personal_month") if q.has("personal_month") else _personal_month(q).value
    return periods.personal_day(above, q.current_day(), masters)


def _three(q: Query, scope: str, handlers: tuple[Handler, Handler, Handler]) -> Reduction:
    keys = [f"{scope}_{unit}" for unit in ("year", "month", "day")]
    values = [q.number(key) if q.has(key) else handler(q).value for key, handler in zip(keys, handlers, strict=True)]
    return periods.essence_of_day(*values)


_define(
    _PERSONAL,
    universal_year=_universal_year,
    universal_month=_universal_month,
    universal_day=_universal_day,
    personal_year=_personal_year,
    personal_month=_personal_month,
    personal_day=_personal_day,
    personal_essence_numerologist=lambda q: _three(q, "personal", (_personal_year, _personal_month, _personal_day)),
    universal_essence_numerologist=lambda q: _three(q, "universal", (_universal_year, _universal_month, _universal_day)),
)


# --- transits


def _rows(q: Query) -> tuple[str, str | None, str]:
    options = q.options
    name = q.name if q.table.codes is not None else q.name_of(replace(options, table="pythagorean"))
    return transits.rows_of(name, options.no_middle)


def _transits(q: Query) -> list[tuple[str, int] | None]:
    return [None if row is None else transits.letter_at(row, q.age, q.options.age_base) for row in _rows(q)]


def _transit(index: int) -> Handler:
    def compute(q: Query) -> str | None:
        letter = _transits(q)[index]
        return None if letter is None else letter[0]

    return compute


def _essence(q: Query) -> Reduction:
    values = [letter[1] for letter in _transits(q) if letter is not None]
    return transits.essence(values, q.masters(q.options.essence_masters))


def _single_word(q: Query) -> str:
    return "".join(q.name.parts)


def _letter_span(q: Query) -> tuple[int, int]:
    lap = q.number("lap") if q.has("lap") else 1
    if lap < 1:
        raise EngineError("INVALID_INPUT", "lap", "The lap is 1 or more.")
    letter = str(q.input.get("letter", q.method.get("letter", ""))).upper()
    return transits.letter_span(_single_word(q), letter, lap)


def _duality(q: Query) -> bool:
    personal = q.number("personal_year") if q.has("personal_year") else _personal_year(q).value
    essence = q.number("essence") if q.has("essence") else _essence(q).value
    return root(personal) == root(essence)


_define(
    _TRANSITS | _PERSONAL | {"letter"},
    transits=lambda q: [None if letter is None else letter[0] for letter in _transits(q)],
    transit_physical=_transit(0),
    transit_mental=_transit(1),
    transit_spiritual=_transit(2),
    transit_letter_span=_letter_span,
    transit_word_years=lambda q: transits.word_years(_single_word(q)),
    essence=_essence,
    essence_compound=lambda q: _essence(q).total,
    duality_year=_duality,
)


# --- Chaldean and Indian names


def _chaldean_totals(q: Query) -> list[int]:
    table = "sepharial" if q.options.table == "sepharial" else "chaldean"
    options = replace(q.options, table=table)
    return name_numbers.part_totals(q.name_of(options).parts, Query(q.input, {"table": table}).table)


def _cheiro_compound(q: Query) -> int:
    return q.number("number", "compound") if q.has("number") else chaldean.cheiro_compound(_chaldean_totals(q))


def _chaldean_compound(q: Query) -> int:
    return q.number("number", "compound") if q.has("number") else chaldean.chaldean_compound(_chaldean_totals(q))


def _vedic_name(q: Query) -> Reduction:
    return reductions(q.masters(q.options.vedic_masters))[_chaldean_compound(q)]


_define(
    _CHALDEAN,
    chaldean_part_totals=_chaldean_totals,
    chaldean_part_roots=lambda q: [root(total) for total in _chaldean_totals(q)],
    cheiro_compound=_cheiro_compound,
    cheiro_root=lambda q: chaldean.chaldean_root(_cheiro_compound(q), q.masters(q.options.chaldean_masters)),
    chaldean_compound=_chaldean_compound,
    chaldean_root=lambda q: chaldean.chaldean_root(_chaldean_compound(q), q.masters(q.options.chaldean_masters)),
    compound_index=lambda q: chaldean.compound_index(q.number("number", "compound")),
    chaldean_compound_index=lambda q: chaldean.compound_index(_chaldean_compound(q)),
    cheiro_compound_index=lambda q: chaldean.compound_index(_cheiro_compound(q)),
    compound_meaning=lambda q: chaldean.compound_meaning(q.number("number", "compound")),
    compound_tone=lambda q: chaldean.compound_tone(q.number("number", "compound")),
    vedic_name=_vedic_name,
    vedic_name_compound=_chaldean_compound,
)
for _alias, _name in {
    "namank": "vedic_name",
    "chaldean_name": "chaldean_root",
    "cheiro_name": "cheiro_root",
    "chaldean_total": "chaldean_compound",
    "compound_reduced": "compound_index",
    "chaldean_compound_reduced": "compound_index",
}.items():
    QUANTITIES[_alias] = QUANTITIES[_name]


# --- Kua and the grids


def _kua_year(q: Query) -> int:
    if not q.has("birth_date"):
        return dates.parse_year(q.number("year", "birth_year"))
    key = "boundary" if "boundary" in q.method else "year_boundary"
    return kua.kua_year(q.birth, q.choice(key, "kua_boundary", q.options.kua_boundary))


def _kua(q: Query) -> int | dict[str, int]:
    gender = q.gender()
    year, five = _kua_year(q), q.options.kua_five
    if gender is None:
        return {each: kua.kua(year, each, five) for each in kua.GENDERS}
    return kua.kua(year, gender, five)


def _one_kua(q: Query) -> int:
    if q.has("kua"):
        number = q.number("kua")
        if not 1 <= number <= 9:
            raise EngineError("INVALID_INPUT", "kua", "A Kua is 1 to 9.")
        return number
    number_or_both = _kua(q)
    if isinstance(number_or_both, dict):
        raise EngineError("INVALID_INPUT", "sex", "The Kua of one person needs male or female.")
    return number_or_both


_define(
    _KUA,
    kua=_kua,
    kua_year=_kua_year,
    kua_group=lambda q: kua.kua_group(_one_kua(q)),
    kua_directions=lambda q: kua.kua_directions(_one_kua(q), q.gender() or "male"),
)


def _lo_shu(q: Query) -> LoShu:
    options = q.options
    add = options.lo_shu_add
    extra = added_numbers(
        q.birth,
        add,
        driver=vedic.psychic(q.birth.day).root,
        conductor=vedic.destiny(q.birth).root,
        kua=_one_kua(q) if "kua" in add else None,
        name=_vedic_name(q).root if "name" in add else None,
        skip_single_day_driver=options.lo_shu_skip_single_day_driver,
    )
    return lo_shu(q.birth, extra)


def _lo_shu_lines(q: Query) -> dict[str, str]:
    pattern = _lo_shu(q).pattern
    return {
        name: "complete" if name in pattern.complete_lines else "missing" if name in pattern.missing_lines else "partial"
        for name in LINES
    }


_define(
    _LO_SHU,
    lo_shu_counts=lambda q: _lo_shu(q).counts,
    lo_shu_missing=lambda q: _lo_shu(q).missing,
    lo_shu_repeated=lambda q: _lo_shu(q).repeated,
    lo_shu_rows=lambda q: _lo_shu(q).rows,
    lo_shu_grid=lambda q: _lo_shu(q).rows,
    lo_shu_lines=_lo_shu_lines,
    lo_shu_complete_lines=lambda q: _lo_shu(q).pattern.complete_lines,
    lo_shu_missing_lines=lambda q: _lo_shu(q).pattern.missing_lines,
)


def _psychomatrix(q: Query) -> Psychomatrix:
    return psychomatrix(q.birth, q.options.post2000, q.options.psychomatrix_root)


_define(
    _NOTHING,
    birth_chart_rows=lambda q: birth_grid(q.birth).rows,
    birth_chart_counts=lambda q: birth_grid(q.birth).counts,
    birth_chart_missing=lambda q: [digit for digit in range(1, 10) if not birth_grid(q.birth).digit_counts[digit]],
    full_arrows=lambda q: birth_grid(q.birth).arrows.full,
    empty_arrows=lambda q: birth_grid(q.birth).arrows.empty,
)
_define(
    _MATRIX,
    psychomatrix_working=lambda q: working_numbers(q.birth, q.options.post2000, q.options.psychomatrix_root),
    psychomatrix_grid=lambda q: _psychomatrix(q).cells,
    psychomatrix_counts=lambda q: present_counts(_psychomatrix(q).digit_counts),
    psychomatrix_lines=lambda q: _psychomatrix(q).lines,
)


# --- Brazilian cabalistic


def _cabalistic(q: Query) -> Query:
    """Return the row as the Brazilian school reads it, with the row's own options on top."""
    own = {key: value for key, value in q.method.items() if key not in ("count", "boundary")}
    return Query(q.input, {"preset": "brazilian", **own})


def _cab(handler: Handler) -> Handler:
    return lambda q: handler(_cabalistic(q))


def _cab_destiny(q: Query) -> Reduction:
    return cabalistic.destiny(q.birth, q.options.masters)


def _cab_mission(q: Query) -> Reduction:
    destiny = q.number("destiny") if q.has("destiny") else _cab_destiny(q).value
    return cabalistic.mission(_expression_value(q), destiny, q.options.masters)


def _cab_impression(q: Query) -> Reduction | None:
    kept = q.masters(NO_MASTERS)
    return name_numbers.name_number(_totals(q, "consonants"), q.options.mode, q.options.part_masters, kept)


def _cab_letter(q: Query) -> int:
    letter = q.name_of(PRESETS["brazilian"]) if q.has("name") else _letter_of(q)
    return cabalistic.triangle_base(letter.parts)[0]


def _letter_of(q: Query) -> Any:
    return Query({"name": q.need("letter", "text")}, {}).name_of(PRESETS["brazilian"])


_define(
    _CABALISTIC,
    cab_motivation=_cab(_name_number("vowels")),
    cab_impression=_cab(_cab_impression),
    cab_expression=_cab(_name_number("all")),
    cab_hidden_talent=_cab(lambda q: cabalistic.hidden_talent(q.name.parts, q.options.masters)),
    cab_destiny=_cab(_cab_destiny),
    cab_mission=_cab(_cab_mission),
    cab_psychic=_cab(lambda q: reductions(q.options.masters)[q.birth_day]),
    cab_birthday=_cab(lambda q: reductions(q.options.masters)[q.birth_day]),
    cab_karmic_lessons=_cab(lambda q: name_numbers.karmic_lessons(_inclusion(q))),
    cab_hidden_tendencies=_cab(lambda q: cabalistic.hidden_tendencies(_inclusion(q))),
    cab_subconscious=_cab(lambda q: name_numbers.subconscious_self(_inclusion(q))),
    cab_digit_counts=_cab(QUANTITIES["digit_counts"].compute),
    cab_part_totals=_cab(QUANTITIES["part_totals"].compute),
    cab_life_cycles=_cab(lambda q: cabalistic.life_cycles(q.birth, q.options.masters)),
    cab_decision_moments=_cab(lambda q: cabalistic.decisive_moments(q.birth, q.options.masters)),
    cab_decisive_moments=_cab(lambda q: cabalistic.decisive_moments(q.birth, q.options.masters)),
    cab_challenges=lambda q: cycles.challenges(q.birth, q.options.challenge_count if "count" in q.method else 3),
    cab_triangle_base=_cab(lambda q: cabalistic.triangle_base(q.name.parts)),
    cab_triangle_rows=_cab(lambda q: cabalistic.triangle(cabalistic.triangle_base(q.name.parts))),
    cab_triangle_arcana=_cab(lambda q: cabalistic.triangle_arcana(cabalistic.triangle_base(q.name.parts))),
    cab_triangle_regent=_cab(lambda q: cabalistic.triangle_regent(cabalistic.triangle_base(q.name.parts))),
    cab_letter=_cab_letter,
    cab_letter_values=_cab(QUANTITIES["letter_values"].compute),
    cab_normalized_name=_cab(QUANTITIES["normalized_name"].compute),
)


def _cab_personal(handler: Handler) -> Handler:
    def compute(q: Query) -> Any:
        return handler(Query(q.input, {"masters": sorted(cabalistic.MASTERS), **q.method}))

    return compute


_define(
    _PERSONAL,
    cab_personal_year=_cab_personal(_personal_year),
    cab_personal_month=_cab_personal(_personal_month),
    cab_personal_day=_cab_personal(_personal_day),
)


# --- texts, numbers on things, and pairs


def _text(q: Query) -> str:
    given = q.need("text", "name", "word", "number")
    return str(given) if type(given) is int else given


def _gematria(default: str) -> Handler:
    def compute(q: Query) -> int:
        return text_total(_text(q), q.options.table if "table" in q.method else default, q.options)

    return compute


def _cyrillic(q: Query) -> Query:
    return Query(q.input, {"table": "russian33", **q.method})


def _cyrillic_total(q: Query) -> int:
    return sum(_totals(_cyrillic(q), "all"))


_define(
    _WRITING,
    hebrew_gematria=_gematria("hebrew"),
    greek_isopsephy=_gematria("greek"),
    arabic_abjad=_gematria("arabic"),
    english_ordinal=_gematria("english_ordinal"),
    english_reverse_ordinal=_gematria("english_reverse"),
    english_reverse=_gematria("english_reverse"),
    gematria=_gematria("english_ordinal"),
)
_define(
    _NAME,
    cyrillic_name_total=_cyrillic_total,
    cyrillic_name_number=lambda q: _name_number("all")(_cyrillic(q)),
    cyrillic_soul_urge=lambda q: _name_number("vowels")(_cyrillic(q)),
    cyrillic_personality=lambda q: _name_number("consonants")(_cyrillic(q)),
)
_define(
    _MASTERS,
    house_number=lambda q: mixed_number(_text(q), q.masters(NO_MASTERS)),
    business_number=lambda q: mixed_number(_text(q), q.masters(NO_MASTERS)),
    vehicle_number=lambda q: mixed_number(_text(q), q.masters(NO_MASTERS)),
    phone_number=lambda q: mixed_number(_text(q), q.masters(NO_MASTERS)),
    relationship=lambda q: combinations.relationship(
        q.number("a", "life_path_a"), q.number("b", "life_path_b"), q.masters(DEFAULT_MASTERS)
    ),
)
QUANTITIES["relationship_number"] = QUANTITIES["relationship"]


def _school(q: Query) -> str:
    for key in ("school", "table", "method"):
        if key in q.method:
            return str(q.method[key])
    return "loveto"


_define(
    _SCHOOL,
    compatibility_row=lambda q: compatibility_row(q.number("number", "a"), _school(q)),
    compatibility_pair=lambda q: compatibility_pair(q.number("a"), q.number("b"), _school(q)),
    harmony_triad=lambda q: harmony_triad(q.number("number")),
)


# --- what every reduction can also be asked for


def _plain(value: Any) -> Any:
    return value.value if isinstance(value, Reduction) else value


_ASPECTS: dict[str, Callable[[Reduction], Any]] = {
    "_total": lambda number: number.total,
    "_root": lambda number: number.root,
    "_chain": lambda number: number.chain,
    "_display": str,
}


def _aspect(quantity: Quantity, read: Callable[[Reduction], Any]) -> Quantity:
    def compute(q: Query) -> Any:
        value = quantity.compute(q)
        if value is None:
            return None
        if not isinstance(value, Reduction):
            raise EngineError("INVALID_INPUT", "quantity", "This quantity has no such figure.")
        return read(value)

    return Quantity(compute, quantity.accepts)


def find_quantity(name: str) -> Quantity | None:
    """Return the quantity of that name, also as a figure of one that is a reduction; None where there is none."""
    found = QUANTITIES.get(name)
    if found is not None:
        return found
    if name.startswith("karmic_debt_"):
        base = QUANTITIES.get(name.removeprefix("karmic_debt_"))
        return base and _aspect(base, lambda number: number.karmic_debt)
    for suffix, read in _ASPECTS.items():
        base = QUANTITIES.get(name.removesuffix(suffix))
        if base is not None and name.endswith(suffix):
            return _aspect(base, read)
    return None


