"""A chart as plain data and as readable lines.

Every figure is taken from the chart; nothing is calculated here. The shape is described in
docs/numerology.md#chart-as-data.
"""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from core.numerology.birth_grid import ARROWS
from core.numerology.birth_grid import ROWS as BIRTH_GRID_ROWS
from core.numerology.letter_tally import PLANES, TEMPERAMENTS
from core.numerology.letters import Letter
from core.numerology.lo_shu import ROWS as LO_SHU_ROWS
from core.numerology.name_numbers import plane_digit_counts
from core.numerology.options import Options
from core.numerology.psychomatrix import ROWS as PSYCHOMATRIX_ROWS
from core.numerology.reduction import Reduction, reductions
from core.numerology.working import Term, labelled_chains, terms

if TYPE_CHECKING:
    from core.numerology.chart_record import BirthChart

_CORE = ("life_path", "birthday", "attitude", "generation")
_NAME = ("expression", "soul_urge", "personality", "balance", "rational_thought", "maturity")
_MINOR = ("minor_expression", "minor_soul_urge", "minor_personality")
_TRANSITS = ("physical", "mental", "spiritual")
_CYCLES = ("year", "month", "day")


def options_dict(options: Options) -> dict[str, Any]:
    """Return options as plain data; sets of masters become ascending lists."""
    plain: dict[str, Any] = {}
    for key in Options.__dataclass_fields__:
        value = getattr(options, key)
        plain[key] = (
            sorted(value) if isinstance(value, frozenset) else list(value) if isinstance(value, tuple) else value
        )
    return plain


def number_dict(number: Reduction | None, working: Sequence[Term] = ()) -> dict[str, Any] | None:
    """Return one number as plain data, with its addends where they are known."""
    if number is None:
        return None
    plain: dict[str, Any] = {
        "value": number.value,
        "root": number.root,
        "total": number.total,
        "chain": list(number.chain),
        "karmic_debt": number.karmic_debt,
        "display": number.display,
    }
    if working:
        plain["working"] = _working(working)
    return plain


def _working(added: Sequence[tuple[str, tuple[int, ...]]]) -> list[dict[str, Any]]:
    return [{"label": label, "chain": list(chain), "adds": chain[-1]} for label, chain in added]


def _number(chart: "BirthChart", quantity: str, number: Reduction | None) -> dict[str, Any] | None:
    plain = number_dict(number)
    if plain and (added := labelled_chains(chart, quantity)):
        plain["working"] = _working(added)
    return plain


def _letters(parts: Sequence[Sequence[Letter]]) -> list[list[dict[str, Any]]]:
    return [[{"letter": item.letter, "value": item.value, "role": item.role} for item in part] for part in parts]


def _planes(chart: "BirthChart") -> dict[str, Any]:
    if chart.options.planes == "digit":
        return {"planes": plane_digit_counts(chart.inclusion)}
    table = reductions(chart.options.masters)
    names = (*PLANES, *TEMPERAMENTS)
    figures = zip(names, chart.plane_sums, chart.plane_counts, strict=True)
    all_rows = {
        name: {"number": number_dict(table[total] if count else None), "count": count} for name, total, count in figures
    }
    return {
        "planes": {name: all_rows[name] for name in PLANES},
        "temperaments": {name: all_rows[name] for name in TEMPERAMENTS},
    }


def _span(span: tuple[int, int | None]) -> dict[str, int | None]:
    return {"from_age": span[0], "to_age": span[1]}


def _cycles(chart: "BirthChart") -> dict[str, Any]:
    born = chart.birth_date.year
    second, third = chart.period_turn_ages
    starts, ends = (0, second, third), (second, third, None)
    return {
        "period_cycles": [
            {
                **(number_dict(number) or {}),
                "from_year": born + start,
                "to_year": None if end is None else born + end - 1,
                "current": chart.period_index == index if chart.on else None,
            }
            for index, (number, start, end) in enumerate(zip(chart.period_cycles, starts, ends, strict=True))
        ],
        "pinnacles": [
            {
                **(_number(chart, f"pinnacle_{index + 1}", number) or {}),
                **_span(span),
                "from_year": born + span[0],
                "current": chart.pinnacle_index == index if chart.on else None,
            }
            for index, (number, span) in enumerate(zip(chart.pinnacles, chart.pinnacle_spans, strict=True))
        ],
        "challenges": [
            {"value": value, **_span(span), "main": index == 2}
            for index, (value, span) in enumerate(zip(chart.challenges, chart.challenge_spans, strict=True))
        ],
    }


def _current(chart: "BirthChart") -> dict[str, Any] | None:
    if chart.on is None or chart.universal is None or chart.personal is None or chart.transits is None:
        return None
    universal = zip(_CYCLES, chart.universal, strict=True)
    personal = zip(_CYCLES, chart.personal, strict=True)
    return {
        "on": chart.on.isoformat(),
        "age": chart.age,
        **{f"universal_{unit}": _number(chart, f"universal_{unit}", number) for unit, number in universal},
        **{f"personal_{unit}": _number(chart, f"personal_{unit}", number) for unit, number in personal},
        "transits": {
            row: None if letter is None else {"letter": letter[0], "value": letter[1]}
            for row, letter in zip(_TRANSITS, chart.transits, strict=True)
        },
        "essence": _number(chart, "essence", chart.essence),
        "is_duality_year": chart.is_duality_year,
    }


def _grids(chart: "BirthChart") -> dict[str, Any]:
    grid, square, matrix = chart.lo_shu, chart.birth_grid, chart.psychomatrix
    return {
        "lo_shu": {
            "rows": [list(row) for row in grid.rows],
            "missing": list(grid.missing),
            "repeated": list(grid.repeated),
            "complete_lines": list(grid.pattern.complete_lines),
            "missing_lines": list(grid.pattern.missing_lines),
        },
        "birth_grid": {
            "rows": [list(row) for row in square.rows],
            "full_arrows": [{"arrow": arrow, "name": ARROWS[arrow][0]} for arrow in square.arrows.full],
            "empty_arrows": [{"arrow": arrow, "name": ARROWS[arrow][1]} for arrow in square.arrows.empty],
        },
        "psychomatrix": {
            "working": list(matrix.working),
            "cells": {str(digit): cell for digit, cell in matrix.cells.items()},
            "lines": matrix.lines,
        },
    }


def _schools(chart: "BirthChart") -> dict[str, Any]:
    return {
        "chaldean": {
            "root": _number(chart, "chaldean_root", chart.chaldean_root),
            "compound": chart.chaldean_compound,
            "cheiro_compound": chart.cheiro_compound,
            "part_totals": list(chart.chaldean_part_totals),
            **({} if chart.chaldean_letters is None else {"letters": _letters(chart.chaldean_letters)}),
        },
        "vedic": {
            "psychic": _number(chart, "vedic_psychic", chart.vedic_psychic),
            "destiny": _number(chart, "vedic_destiny", chart.vedic_destiny),
            "name": _number(chart, "vedic_name", chart.vedic_name),
        },
        "kua": dict(chart.kua),
    }


def chart_dict(chart: "BirthChart") -> dict[str, Any]:
    """Return a chart as ordered plain data, safe for JSON."""
    from core.numerology.alternatives import alternatives
    from core.numerology.chart import ENGINE_VERSION

    name = chart.name
    return {
        "engine_version": ENGINE_VERSION,
        "preset": chart.preset,
        "options": options_dict(chart.options),
        "birth_date": chart.birth_date.isoformat(),
        "name": {
            "parts": list(name.parts),
            "ignored": list(name.ignored),
            "transliterated": [{"from": source, "to": latin} for source, latin in name.transliterated],
            "part_totals": list(chart.part_totals),
            "vowel_totals": list(chart.vowel_totals),
            "consonant_totals": list(chart.consonant_totals),
            **({} if chart.letters is None else {"letters": _letters(chart.letters)}),
        },
        "core": {quantity: _number(chart, quantity, getattr(chart, quantity)) for quantity in (*_CORE, *_NAME)},
        "minor": None
        if chart.current_name is None
        else {quantity: _number(chart, quantity, getattr(chart, quantity)) for quantity in _MINOR},
        "letters": {
            "inclusion": {str(digit): count for digit, count in enumerate(chart.inclusion, 1)},
            "hidden_passion": list(chart.hidden_passion),
            "karmic_lessons": list(chart.karmic_lessons),
            "subconscious_self": chart.subconscious_self,
            "cornerstone": chart.cornerstone,
            "capstone": chart.capstone,
            "first_vowel": chart.first_vowel,
            "keystone": chart.keystone,
            **_planes(chart),
        },
        "bridges": [{"between": [first, second], "value": value} for first, second, value in chart.bridges],
        "karmic_debts": [{"where": where, "debt": debt} for where, debt in chart.karmic_debts],
        "cycles": _cycles(chart),
        "current": _current(chart),
        "schools": _schools(chart),
        "grids": _grids(chart),
        "alternatives": [item.to_dict() for item in alternatives(chart)],
    }


def _title(quantity: str) -> str:
    return quantity.replace("_", " ").capitalize()


def _arrows(chain: Sequence[int]) -> str:
    return " → ".join(map(str, chain))


def number_line(title: str, number: Reduction | None, working: Sequence[Term] = ()) -> str:
    """Return one number with its working as one line.

    >>> number_line("Life path", reductions()[25], (Term("month", (11,)), Term("day", (29, 11)), Term("year", (3,))))
    'Life path 7: month 11 + day 29 → 11 + year 3 = 25 → 7'
    """
    if number is None:
        return f"{title}: none (no such letter in the name)"
    line = f"{title} {number.value}"
    added = " + ".join(f"{term.label} {_arrows(term.chain)}" for term in working)
    steps = _arrows(number.chain)
    if not added:
        line += f": {steps}" if len(number.chain) > 1 else ""
    elif len(working) > 1:
        line += f": {added} = {steps}"
    else:
        # One addend that is the total already: its own steps say it all.
        line += f": {working[0].label} {_arrows((*working[0].chain[:-1], *number.chain))}"
    if number.karmic_debt is not None:
        line += f" (karmic debt {number.karmic_debt})"
    return line


def _letter_lines(chart: "BirthChart") -> Iterator[str]:
    for word, latin in chart.name.transliterated:
        yield f"{word} is spelt {latin}"
    if chart.name.ignored:
        yield f"Not counted: {' '.join(chart.name.ignored)}"
    figures = zip(chart.letters or (), chart.part_totals, chart.vowel_totals, chart.consonant_totals, strict=False)
    for letters, total, vowels, consonants in figures:
        spelt = " ".join(f"{item.letter}{item.value}{'*' if item.role == 'vowel' else ''}" for item in letters)
        yield f"{spelt} = {total} (vowels* {vowels}, consonants {consonants})"


def _list(values: Sequence[object]) -> str:
    return ", ".join(map(str, values)) or "none"


def _cycle_lines(chart: "BirthChart") -> Iterator[str]:
    cycles = _cycles(chart)
    for index, (period, number) in enumerate(zip(cycles["period_cycles"], chart.period_cycles, strict=True), 1):
        until = "on" if period["to_year"] is None else f"to {period['to_year']}"
        now = ", now" if period["current"] else ""
        yield f"{number_line(f'Period {index}', number)} ({period['from_year']} {until}{now})"
    for index, (pinnacle, number) in enumerate(zip(cycles["pinnacles"], chart.pinnacles, strict=True), 1):
        until = "on" if pinnacle["to_age"] is None else f"to {pinnacle['to_age']}"
        now = ", now" if pinnacle["current"] else ""
        line = number_line(f"Pinnacle {index}", number, terms(chart, f"pinnacle_{index}"))
        yield f"{line} (age {pinnacle['from_age']} {until}{now})"
    roots = (chart.working or {}).get("challenges", ())
    if roots:
        names = zip(("month", "day", "year"), roots, strict=True)
        yield "Challenges from " + ", ".join(f"{label} {_arrows(number.chain)}" for label, number in names)
    yield f"Challenges: {_list(chart.challenges)} (the third is the main one)"


def _current_lines(chart: "BirthChart") -> Iterator[str]:
    if chart.universal is None or chart.personal is None or chart.transits is None or chart.on is None:
        return
    yield ""
    yield f"On {chart.on.isoformat()}, age {chart.age}"
    for scope, numbers in (("universal", chart.universal), ("personal", chart.personal)):
        for unit, number in zip(_CYCLES, numbers, strict=True):
            quantity = f"{scope}_{unit}"
            yield number_line(_title(quantity), number, terms(chart, quantity))
    rows = zip(_TRANSITS, chart.transits, strict=True)
    yield "Transits: " + ", ".join(f"{row} {letter[0]}{letter[1]}" if letter else f"{row} none" for row, letter in rows)
    yield number_line("Essence", chart.essence, terms(chart, "essence"))


def _square(rows: Sequence[Sequence[int]], counts: bytes) -> Iterator[str]:
    """Yield a square of digits, each written as often as it occurs; a dot where it does not.

    >>> list(_square(((4, 9, 2), (3, 5, 7), (8, 1, 6)), bytes([0, 3, 0, 0, 0, 0, 0, 1, 0, 2])))
    ['      .   99    .', '      .    .    7', '      .  111    .']
    """
    cells = [[str(digit) * counts[digit] or "." for digit in row] for row in rows]
    width = max(len(cell) for row in cells for cell in row)
    for row in cells:
        yield "  " + "".join(f"{cell:>{width + 2}}" for cell in row)


def _grid_lines(chart: "BirthChart") -> Iterator[str]:
    grid, square, matrix = chart.lo_shu, chart.birth_grid, chart.psychomatrix
    yield f"Lo Shu: missing {_list(grid.missing)}; repeated {_list(grid.repeated)}"
    yield from _square(LO_SHU_ROWS, grid.digit_counts)
    full = [f"{arrow} {ARROWS[arrow][0]}" for arrow in square.arrows.full]
    empty = [f"{arrow} {ARROWS[arrow][1]}" for arrow in square.arrows.empty]
    yield f"Birth grid: full arrows {_list(full)}; empty arrows {_list(empty)}"
    yield from _square(BIRTH_GRID_ROWS, square.digit_counts)
    yield f"Psychomatrix: working numbers {_list(matrix.working)}"
    yield from _square(PSYCHOMATRIX_ROWS, matrix.digit_counts)


def chart_lines(chart: "BirthChart") -> list[str]:
    """Return a chart as readable lines, one for each number or step."""
    from core.numerology.alternatives import alternatives

    lines = [f"{chart.name.text}, born {chart.birth_date.isoformat()} (preset {chart.preset})"]
    lines += _letter_lines(chart)
    lines.append("")
    lines += [number_line(_title(q), getattr(chart, q), terms(chart, q)) for q in (*_CORE, *_NAME)]
    if chart.current_name is not None:
        lines += [number_line(_title(q), getattr(chart, q), terms(chart, q)) for q in _MINOR]
    lines += [f"Bridge {first} / {second}: {value}".replace("_", " ") for first, second, value in chart.bridges]
    debts = [f"{debt} in {where.replace('_', ' ')}" for where, debt in chart.karmic_debts]
    lines.append(f"Karmic debts: {_list(debts)}")
    counted = [f"{digit}×{count}" for digit, count in enumerate(chart.inclusion, 1) if count]
    lines.append(f"Inclusion: {_list(counted)}")
    lines.append(f"Hidden passion: {_list(chart.hidden_passion)}")
    lines.append(f"Karmic lessons: {_list(chart.karmic_lessons)}; subconscious self {chart.subconscious_self}")
    lines.append(
        f"Cornerstone {chart.cornerstone}, capstone {chart.capstone}, first vowel {chart.first_vowel or 'none'}"
    )
    for kind, rows in _planes(chart).items():
        shown = [
            f"{name} {row if isinstance(row, int) else (row['number'] or {}).get('value', 'none')}"
            for name, row in rows.items()
        ]
        lines.append(f"{kind.capitalize()}: {_list(shown)}")
    lines.append("")
    lines += _cycle_lines(chart)
    lines += _current_lines(chart)
    lines.append("")
    chaldean = number_line("Chaldean name", chart.chaldean_root, terms(chart, "chaldean_root"))
    lines.append(f"{chaldean}; compound {chart.chaldean_compound}, Cheiro's {chart.cheiro_compound}")
    for title, quantity in (("Driver", "vedic_psychic"), ("Conductor", "vedic_destiny"), ("Namank", "vedic_name")):
        lines.append(number_line(title, getattr(chart, quantity), terms(chart, quantity)))
    lines.append("Kua: " + ", ".join(f"{gender} {number}" for gender, number in chart.kua.items()))
    lines += _grid_lines(chart)
    others = alternatives(chart)
    if others:
        lines += ["", "Where schools differ for this person"]
        lines += [f"{_title(item.quantity)} {item.value} by {item.option}={item.choice}" for item in others]
    return lines
