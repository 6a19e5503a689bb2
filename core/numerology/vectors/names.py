"""Quantities of the letters of a name, alone or with a date."""

from core.numerology import combinations, dates, name_numbers
from core.numerology.errors import EngineError
from core.numerology.letter_tally import PLANE_LETTERS, PLANES, TEMPERAMENT_LETTERS, TEMPERAMENTS
from core.numerology.letters import letter_values
from core.numerology.reduction import Reduction, karmic_debt_of
from core.numerology.vectors.query import Query
from core.numerology.vectors.registry import (
    LETTERS_OPTIONS,
    NAME_OPTIONS,
    WHOLE_OPTIONS,
    Handler,
    alias,
    define,
    plain,
    quantity,
)


def totals(q: Query, which: str) -> list[int]:
    sums = name_numbers.part_totals(q.cased, q.table)
    return {"all": sums.letters, "vowels": sums.vowels, "consonants": sums.consonants}[which]


def name_number(which: str) -> Handler:
    def compute(q: Query) -> Reduction | None:
        options = q.options
        return name_numbers.name_number(totals(q, which), options.mode, options.part_masters, options.masters)

    return compute


def _name_debt(which: str) -> Handler:
    def compute(q: Query) -> int | None:
        number = name_number(which)(q)
        if number is None:
            return None
        return number.karmic_debt or karmic_debt_of(sum(totals(q, which)))

    return compute


for _name, _which in (("expression", "all"), ("soul_urge", "vowels"), ("personality", "consonants")):
    define(
        NAME_OPTIONS,
        **{
            _name: name_number(_which),
            f"minor_{_name}": name_number(_which),
            f"karmic_debt_{_name}": _name_debt(_which),
            f"karmic_debt_minor_{_name}": _name_debt(_which),
        },
    )
alias(
    {
        "name_number": "expression",
        "destiny": "expression",
        "heart_desire": "soul_urge",
        "hearts_desire": "soul_urge",
        "karmic_debt_destiny": "karmic_debt_expression",
        "karmic_debt_heart_desire": "karmic_debt_soul_urge",
        "karmic_debt_hearts_desire": "karmic_debt_soul_urge",
    }
)


def expression_value(q: Query) -> int:
    if q.has("expression"):
        return q.number("expression")
    return _number_value("expression", name_number("all")(q))


def _number_value(key: str, number: Reduction | None) -> int:
    if number is None:
        raise EngineError("INVALID_INPUT", key, f"The name has no {key}.")
    return number.value


def _maturity(q: Query) -> Reduction:
    return combinations.maturity(q.life_path_value(), expression_value(q), q.masters(q.options.masters))


def inclusion(q: Query) -> bytes:
    return name_numbers.figures(q.cased, q.table).digit_counts


def _word(q: Query) -> str:
    return q.cased[0] if q.options.word == "first" else q.cased[-1]


def _first_name_total(q: Query) -> int:
    sums = totals(q, "all")
    return sums[-1] if q.options.word == "last" else sum(sums[: q.name.first_count or 1])


def _rational_thought(q: Query) -> Reduction:
    return combinations.rational_thought(_first_name_total(q), q.birth_day, q.masters(q.options.masters))


def _role(q: Query) -> str:
    letter = str(q.method.get("letter", q.input.get("letter", "Y"))).upper()
    role = next((cased for part in q.cased for cased in part if cased.upper() == letter), None)
    if role is None:
        raise EngineError("INVALID_INPUT", "letter", "The name has no such letter.")
    return "vowel" if role.islower() else "consonant"


define(WHOLE_OPTIONS, maturity=_maturity, power=_maturity, realisation=_maturity)
define(
    WHOLE_OPTIONS | {"word"},
    rational_thought=_rational_thought,
    cornerstone=lambda q: name_numbers.cornerstone(_word(q)),
    capstone=lambda q: name_numbers.capstone(_word(q)),
    first_vowel=lambda q: name_numbers.first_vowel(_word(q)),
    keystone=lambda q: name_numbers.keystone(_word(q)),
)
define(
    NAME_OPTIONS,
    balance=lambda q: name_numbers.balance(q.cased, q.table, q.masters(q.options.balance_masters)),
    digit_counts=lambda q: {digit: count for digit, count in enumerate(inclusion(q), 1) if count},
    karmic_lessons=lambda q: name_numbers.karmic_lessons(inclusion(q), q.table.highest),
    hidden_passion=lambda q: name_numbers.hidden_passion(inclusion(q)),
    subconscious_self=lambda q: name_numbers.subconscious_self(inclusion(q)),
    letter_values=lambda q: list(letter_values("".join(q.name.parts), q.table)),
    normalized_name=lambda q: q.name.text,
    ignored_letters=lambda q: q.name.ignored,
    name_parts=lambda q: q.name.parts,
    initials=lambda q: [part[0] for part in q.name.parts],
    cornerstones=lambda q: [part[0].upper() for part in q.name.parts],
    keystones=lambda q: [name_numbers.keystone(part) for part in q.name.parts],
    capstones=lambda q: [part[-1].upper() for part in q.name.parts],
)
alias(
    {
        "confidence": "subconscious_self",
        "subconscious": "subconscious_self",
        "intensity": "digit_counts",
        "intensity_table": "digit_counts",
        "inclusion": "digit_counts",
        "inclusion_table": "digit_counts",
        "normalised_name": "normalized_name",
    }
)
define(
    NAME_OPTIONS | {"which"},
    name_part_totals=lambda q: totals(q, q.own_choice("which", ("all", "vowels", "consonants"))),
    part_totals=lambda q: totals(q, q.own_choice("which", ("all", "vowels", "consonants"))),
    one_sum_total=lambda q: sum(totals(q, q.own_choice("which", ("all", "vowels", "consonants")))),
)
define(LETTERS_OPTIONS | {"letter"}, y_role=_role, letter_role=_role, w_role=_role)


@quantity(WHOLE_OPTIONS, "bridge", "bridge_life_path_expression")
def _bridge(q: Query) -> int:
    if q.has("a", "b"):
        return combinations.bridge(q.number("a"), q.number("b"))
    if q.has("soul_urge", "personality"):
        return combinations.bridge(q.number("soul_urge"), q.number("personality"))
    if q.has("life_path", "birthday"):
        return combinations.bridge(q.number("life_path"), q.number("birthday"))
    if q.has("life_path", "soul_urge"):
        return combinations.bridge(q.number("life_path"), q.number("soul_urge"))
    return combinations.bridge(q.life_path_value(), expression_value(q))


def _given_or(q: Query, key: str, which: str) -> int:
    return q.number(key) if q.has(key) else _number_value(key, name_number(which)(q))


def _birthday_value(q: Query) -> int:
    return q.number("birthday") if q.has("birthday") else q.birth_day


define(
    WHOLE_OPTIONS,
    bridge_soul_urge_personality=lambda q: combinations.bridge(
        _given_or(q, "soul_urge", "vowels"), _given_or(q, "personality", "consonants")
    ),
    bridge_life_path_birthday=lambda q: combinations.bridge(q.life_path_value(), _birthday_value(q)),
    bridge_life_path_soul_urge=lambda q: combinations.bridge(q.life_path_value(), _given_or(q, "soul_urge", "vowels")),
)


@quantity(WHOLE_OPTIONS, "karmic_debts")
def _karmic_debts(q: Query) -> list[int]:
    """All debts of the core numbers that the input can give, ascending."""
    found: set[int | None] = set()
    if q.has("birth_date"):
        found |= {q.life_path.karmic_debt, dates.birthday_debt(q.birth_day)}
    if q.has("name"):
        for which in ("all", "vowels", "consonants"):
            number = name_number(which)(q)
            found |= {number and number.karmic_debt, karmic_debt_of(sum(totals(q, which)))}
    return sorted(debt for debt in found if debt is not None)


_TEMPERAMENT_NAMES = {"inspired": "creative", "dual": "vacillating", "balanced": "grounded"}


def _row(q: Query, key: str, names: tuple[str, ...]) -> str:
    given = q.need(key)
    name = _TEMPERAMENT_NAMES.get(given, given)
    if name not in names:
        raise EngineError("INVALID_INPUT", key, f"{key} is one of: {', '.join(names)}.")
    return str(name)


def _plane(q: Query) -> str:
    return _row(q, "plane", PLANES)


def _temperament(q: Query) -> str:
    return _row(q, "temperament", TEMPERAMENTS)


def _plane_figures(q: Query, name: str) -> tuple[int, int]:
    figures = name_numbers.figures(q.name.parts, q.table)
    index = (PLANES + TEMPERAMENTS).index(name)
    return figures.plane_sums[index], figures.plane_counts[index]


def _plane_number(q: Query, name: str) -> Reduction | int | None:
    if q.options.planes == "digit" and name in name_numbers.PLANE_DIGITS:
        return name_numbers.plane_digit_counts(inclusion(q))[name]
    return name_numbers.plane_number(_plane_figures(q, name)[0], q.masters(q.options.masters))


def _plane_count(q: Query, name: str) -> int:
    if q.options.planes == "digit" and name in name_numbers.PLANE_DIGITS:
        return name_numbers.plane_digit_counts(inclusion(q))[name]
    return _plane_figures(q, name)[1]


def _plane_share(q: Query, name: str) -> float:
    return round(_plane_count(q, name) / sum(map(len, q.name.parts)), 4)


define(
    frozenset({"planes"}),
    plane_letters=lambda q: PLANE_LETTERS[_plane(q)],
    plane_digits=lambda q: name_numbers.PLANE_DIGITS[_plane(q)],
    temperament_letters=lambda q: TEMPERAMENT_LETTERS[_temperament(q)],
)
define(
    NAME_OPTIONS | {"planes"},
    plane_number=lambda q: _plane_number(q, _plane(q)),
    plane_count=lambda q: _plane_count(q, _plane(q)),
    plane_share=lambda q: _plane_share(q, _plane(q)),
    temperament_number=lambda q: _plane_number(q, _temperament(q)),
    temperament_count=lambda q: _plane_count(q, _temperament(q)),
    temperament_share=lambda q: _plane_share(q, _temperament(q)),
    plane_numbers=lambda q: {name: plain(_plane_number(q, name)) for name in PLANES},
    plane_counts=lambda q: {name: _plane_count(q, name) for name in PLANES},
    temperament_numbers=lambda q: {name: plain(_plane_number(q, name)) for name in TEMPERAMENTS},
    temperament_counts=lambda q: {name: _plane_count(q, name) for name in TEMPERAMENTS},
)
