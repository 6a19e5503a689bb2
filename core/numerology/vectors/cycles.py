"""Quantities of the long and short cycles and the transits."""

from dataclasses import replace

from core.numerology import cycles, dates, periods, transits
from core.numerology.errors import EngineError
from core.numerology.reduction import Reduction, root
from core.numerology.vectors.query import Query, birth_year
from core.numerology.vectors.registry import (
    CHALLENGES_OPTIONS,
    PERIODS_OPTIONS,
    PERSONAL_OPTIONS,
    PINNACLES_OPTIONS,
    SPANS_OPTIONS,
    TRANSITS_OPTIONS,
    Handler,
    define,
)


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
    return [birth_year(q) + age for age in _turn_ages(q)]


def _pinnacles(q: Query) -> tuple[Reduction, ...]:
    options = q.options
    part_masters = bool(q.method.get("part_masters", options.pinnacle_part_masters))
    return cycles.pinnacles(q.birth, q.masters(options.masters), part_masters, options.pinnacle_p3_reduced)


def _pinnacle_boundary(q: Query) -> str:
    return q.choice("boundary", "pinnacle_boundary", q.options.pinnacle_boundary)


def _spans(q: Query) -> tuple[cycles.Span, cycles.Span, cycles.Span, cycles.Span]:
    return cycles.pinnacle_spans(_life_path_for(q), _pinnacle_boundary(q))


def _pinnacle_index(q: Query) -> int:
    age = q.age
    if _pinnacle_boundary(q) == "calendar" and q.has("birth_date") and not q.has("age"):
        age = q.current.year - q.birth.year
    return cycles.pinnacle_index(_spans(q), age)


def _period_index(q: Query) -> int:
    years = q.number("age") if q.has("age") else q.current.year - q.birth.year
    return cycles.period_index(_life_path_for(q), years, _period_rule(q))


def _challenges(q: Query) -> tuple[int, ...]:
    return cycles.challenges(q.birth, q.options.challenge_count)


def _challenge_spans(q: Query) -> tuple[cycles.Span, ...]:
    options = q.options
    return cycles.challenge_spans(_life_path_for(q), options.challenge_ages, options.challenge_count)


define(
    PERIODS_OPTIONS,
    period_cycles=lambda q: cycles.period_cycles(q.birth, q.masters(q.options.masters)),
    period_turn_ages=_turn_ages,
    period_turn_years=_turn_years,
    period_turn_ages_36=lambda q: cycles.period_turn_ages(_life_path_for(q), "period_36"),
    period_turn_ages_fixed=lambda q: cycles.period_turn_ages(_life_path_for(q), "fixed"),
    period_index=lambda q: _period_index(q) + 1,
    current_period_cycle=lambda q: cycles.period_cycles(q.birth, q.masters(q.options.masters))[_period_index(q)],
)
define(
    PINNACLES_OPTIONS | SPANS_OPTIONS,
    pinnacles=_pinnacles,
    pinnacle_ends=lambda q: cycles.pinnacle_ends(_life_path_for(q)),
    pinnacle_spans=_spans,
    pinnacle_ages=_spans,
    pinnacle_ranges=_spans,
    pinnacle_starts=lambda q: [start for start, _ in _spans(q)],
    pinnacle_years=lambda q: [birth_year(q) + start for start, _ in _spans(q)],
    pinnacle_index=lambda q: _pinnacle_index(q) + 1,
    current_pinnacle=lambda q: _pinnacles(q)[_pinnacle_index(q)],
)
define(
    CHALLENGES_OPTIONS,
    challenges=_challenges,
    main_challenge=lambda q: _challenges(q)[2],
    challenge_ages=_challenge_spans,
    challenge_spans=_challenge_spans,
)


def _universal_year(q: Query) -> Reduction:
    year = q.current.year if q.has("current_date") else dates.parse_year(q.number("year", "current_year"))
    return periods.universal_year(year, q.masters(q.options.personal_masters))


def _universal_month(q: Query) -> Reduction:
    masters = q.masters(q.options.personal_masters)
    above = q.number("universal_year") if q.has("universal_year") else _universal_year(q).value
    return periods.universal_month(above, q.current_month(), masters)


def _universal_day(q: Query) -> Reduction:
    masters = q.masters(q.options.personal_masters)
    above = q.number("universal_month") if q.has("universal_month") else _universal_month(q).value
    return periods.universal_day(above, q.current_day(), masters)


def personal_year(q: Query) -> Reduction:
    masters = q.masters(q.options.personal_masters)
    return periods.personal_year(q.birth_month, q.birth_day, q.personal_cycle_year(), masters)


def personal_month(q: Query) -> Reduction:
    masters = q.masters(q.options.personal_masters)
    above = q.number("personal_year") if q.has("personal_year") else personal_year(q).value
    return periods.personal_month(above, q.current_month(), masters)


def personal_day(q: Query) -> Reduction:
    masters = q.masters(q.options.personal_masters)
    above = q.number("personal_month") if q.has("personal_month") else personal_month(q).value
    return periods.personal_day(above, q.current_day(), masters)


def _three(q: Query, scope: str, handlers: tuple[Handler, Handler, Handler]) -> Reduction:
    keys = [f"{scope}_{unit}" for unit in ("year", "month", "day")]
    values = [q.number(key) if q.has(key) else handler(q).value for key, handler in zip(keys, handlers, strict=True)]
    return periods.essence_of_day(*values)


define(
    PERSONAL_OPTIONS,
    universal_year=_universal_year,
    universal_month=_universal_month,
    universal_day=_universal_day,
    personal_year=personal_year,
    personal_month=personal_month,
    personal_day=personal_day,
    personal_essence_numerologist=lambda q: _three(q, "personal", (personal_year, personal_month, personal_day)),
    universal_essence_numerologist=lambda q: _three(
        q, "universal", (_universal_year, _universal_month, _universal_day)
    ),
)


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
    return transits.letter_span(_single_word(q), letter, lap, q.options.age_base)


def _duality(q: Query) -> bool:
    personal = q.number("personal_year") if q.has("personal_year") else personal_year(q).value
    essence = q.number("essence") if q.has("essence") else _essence(q).value
    return root(personal) == root(essence)


define(
    TRANSITS_OPTIONS | PERSONAL_OPTIONS | {"letter"},
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
