"""Quantities of a date alone."""

from core.numerology import dates, vedic
from core.numerology.reduction import digit_sum, karmic_debt_of, reduce_number, reductions, root
from core.numerology.vectors.query import Query, birth_year
from core.numerology.vectors.registry import LIFE_PATH_OPTIONS, MASTERS_OPTIONS, SCHOOL_OPTIONS, alias, define, quantity

define(
    LIFE_PATH_OPTIONS,
    life_path=lambda q: q.life_path,
    karmic_debt_life_path=lambda q: q.life_path.karmic_debt,
)
define(
    MASTERS_OPTIONS,
    reduce=lambda q: reduce_number(q.number("number"), q.masters(q.options.masters)),
    birthday=lambda q: dates.birthday(q.birth_day, q.masters(q.options.masters)),
    attitude=lambda q: dates.attitude(q.birth_month, q.birth_day, q.masters(q.options.attitude_masters)),
    generation=lambda q: dates.generation(birth_year(q), q.masters(q.options.masters)),
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
alias(
    {
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
    }
)


@quantity(MASTERS_OPTIONS | SCHOOL_OPTIONS, "ruling_planet", "vedic_planet", "planet")
def _planet(q: Query) -> str:
    number = q.number("number") if q.has("number") else q.birth_day
    return vedic.ruling_planet(number, q.own_choice("school", ("indian", "cheiro")))
