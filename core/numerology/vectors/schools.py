"""Quantities of the other schools: Chaldean, Indian, Kua, the grids, cabalistic."""

from dataclasses import replace
from typing import Any

from core.numerology import cabalistic, chaldean, cycles, dates, kua, name_numbers, vedic
from core.numerology.birth_grid import birth_grid
from core.numerology.digit_grids import present_counts
from core.numerology.errors import EngineError
from core.numerology.letters import letter_table
from core.numerology.lo_shu import LINES, LoShu, added_numbers, lo_shu
from core.numerology.options import PRESETS
from core.numerology.psychomatrix import Psychomatrix, psychomatrix, working_numbers
from core.numerology.reduction import NO_MASTERS, Reduction, reductions, root
from core.numerology.vectors.cycles import personal_day, personal_month, personal_year
from core.numerology.vectors.names import expression_value, inclusion, name_number, totals
from core.numerology.vectors.query import Query
from core.numerology.vectors.registry import (
    CABALISTIC_OPTIONS,
    CHALDEAN_OPTIONS,
    KUA_OPTIONS,
    LO_SHU_OPTIONS,
    MATRIX_OPTIONS,
    NOTHING_OPTIONS,
    PERSONAL_OPTIONS,
    QUANTITIES,
    Handler,
    alias,
    define,
)


def _chaldean_totals(q: Query) -> list[int]:
    table = "sepharial" if q.options.table == "sepharial" else "chaldean"
    options = replace(q.options, table=table)
    return name_numbers.part_totals(q.name_of(options).parts, letter_table(table)).letters


def _is_given(q: Query) -> bool:
    return q.has("number") or q.has("compound")


def _cheiro_compound(q: Query) -> int:
    return q.number("number", "compound") if _is_given(q) else chaldean.cheiro_compound(_chaldean_totals(q))


def _chaldean_compound(q: Query) -> int:
    if q.own_choice("compound", ("modern", "cheiro")) == "cheiro" or q.method.get("mode") == "per_part":
        return _cheiro_compound(q)
    return q.number("number", "compound") if _is_given(q) else chaldean.chaldean_compound(_chaldean_totals(q))


def _vedic_name(q: Query) -> Reduction:
    return reductions(q.masters(q.options.vedic_masters))[_chaldean_compound(q)]


define(
    CHALDEAN_OPTIONS,
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
alias(
    {
        "namank": "vedic_name",
        "chaldean_name": "chaldean_root",
        "cheiro_name": "cheiro_root",
        "chaldean_total": "chaldean_compound",
        "compound_reduced": "compound_index",
        "chaldean_compound_reduced": "compound_index",
    }
)


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


define(
    KUA_OPTIONS,
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
        name: "complete"
        if name in pattern.complete_lines
        else "missing"
        if name in pattern.missing_lines
        else "partial"
        for name in LINES
    }


define(
    LO_SHU_OPTIONS,
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


define(
    NOTHING_OPTIONS,
    birth_chart_rows=lambda q: birth_grid(q.birth).rows,
    birth_chart_counts=lambda q: birth_grid(q.birth).counts,
    birth_chart_missing=lambda q: [digit for digit in range(1, 10) if not birth_grid(q.birth).digit_counts[digit]],
    full_arrows=lambda q: birth_grid(q.birth).arrows.full,
    empty_arrows=lambda q: birth_grid(q.birth).arrows.empty,
)
define(
    MATRIX_OPTIONS,
    psychomatrix_working=lambda q: working_numbers(q.birth, q.options.post2000, q.options.psychomatrix_root),
    psychomatrix_grid=lambda q: _psychomatrix(q).cells,
    psychomatrix_counts=lambda q: present_counts(_psychomatrix(q).digit_counts),
    psychomatrix_lines=lambda q: _psychomatrix(q).lines,
)


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
    return cabalistic.mission(expression_value(q), destiny, q.options.masters)


def _cab_impression(q: Query) -> Reduction | None:
    kept = q.masters(NO_MASTERS)
    return name_numbers.name_number(totals(q, "consonants"), q.options.mode, q.options.part_masters, kept)


def _cab_moments(q: Query) -> tuple[Reduction, ...]:
    part_masters, p3_reduced = q.method.get("part_masters", False), q.options.pinnacle_p3_reduced
    return cycles.pinnacles(q.birth, q.options.masters, bool(part_masters), p3_reduced)


def _cab_letter(q: Query) -> int:
    letter = q.name_of(PRESETS["brazilian"]) if q.has("name") else _letter_of(q)
    return cabalistic.triangle_base(letter.parts)[0]


def _letter_of(q: Query) -> Any:
    return Query({"name": q.need("letter", "text")}, {}).name_of(PRESETS["brazilian"])


define(
    CABALISTIC_OPTIONS,
    cab_motivation=_cab(name_number("vowels")),
    cab_impression=_cab(_cab_impression),
    cab_expression=_cab(name_number("all")),
    cab_hidden_talent=_cab(lambda q: cabalistic.hidden_talent(q.name.parts, q.options.masters)),
    cab_destiny=_cab(_cab_destiny),
    cab_mission=_cab(_cab_mission),
    cab_psychic=_cab(lambda q: reductions(q.options.masters)[q.birth_day]),
    cab_birthday=_cab(lambda q: reductions(q.options.masters)[q.birth_day]),
    cab_karmic_lessons=_cab(lambda q: name_numbers.karmic_lessons(inclusion(q))),
    cab_hidden_tendencies=_cab(lambda q: cabalistic.hidden_tendencies(inclusion(q))),
    cab_subconscious=_cab(lambda q: name_numbers.subconscious_self(inclusion(q))),
    cab_digit_counts=_cab(QUANTITIES["digit_counts"].compute),
    cab_part_totals=_cab(QUANTITIES["part_totals"].compute),
    cab_life_cycles=_cab(lambda q: cabalistic.life_cycles(q.birth, q.options.masters)),
    cab_decision_moments=_cab(_cab_moments),
    cab_decisive_moments=_cab(_cab_moments),
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


define(
    PERSONAL_OPTIONS,
    cab_personal_year=_cab_personal(personal_year),
    cab_personal_month=_cab_personal(personal_month),
    cab_personal_day=_cab_personal(personal_day),
)
