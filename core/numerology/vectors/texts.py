"""Quantities of texts, of numbers on things, and of pairs."""

from core.numerology import combinations
from core.numerology.compatibility import compatibility_pair, compatibility_row, harmony_triad
from core.numerology.gematria import mixed_number, text_total
from core.numerology.reduction import DEFAULT_MASTERS, NO_MASTERS, Reduction
from core.numerology.vectors.names import name_number, totals
from core.numerology.vectors.query import Query
from core.numerology.vectors.registry import (
    MASTERS_OPTIONS,
    NAME_OPTIONS,
    SCHOOL_OPTIONS,
    WRITING_OPTIONS,
    Handler,
    alias,
    define,
)


def _text(q: Query) -> str:
    given = q.need("text", "name", "word", "number")
    return str(given) if type(given) is int else given


def _gematria(default: str) -> Handler:
    def compute(q: Query) -> int:
        return text_total(_text(q), q.options.table if "table" in q.method else default, q.options)

    return compute


def _mixed(q: Query) -> Reduction:
    return mixed_number(_text(q), q.masters(NO_MASTERS), q.options.table)


def _cyrillic(q: Query) -> Query:
    return Query(q.input, {"table": "russian33", **q.method})


def _cyrillic_total(q: Query) -> int:
    return sum(totals(_cyrillic(q), "all"))


define(
    WRITING_OPTIONS,
    hebrew_gematria=_gematria("hebrew"),
    greek_isopsephy=_gematria("greek"),
    arabic_abjad=_gematria("arabic"),
    english_ordinal=_gematria("english_ordinal"),
    english_reverse_ordinal=_gematria("english_reverse"),
    english_reverse=_gematria("english_reverse"),
    gematria=_gematria("english_ordinal"),
)
define(
    NAME_OPTIONS,
    cyrillic_name_total=_cyrillic_total,
    cyrillic_name_number=lambda q: name_number("all")(_cyrillic(q)),
    cyrillic_soul_urge=lambda q: name_number("vowels")(_cyrillic(q)),
    cyrillic_personality=lambda q: name_number("consonants")(_cyrillic(q)),
)
define(
    WRITING_OPTIONS | MASTERS_OPTIONS,
    house_number=_mixed,
    business_number=_mixed,
    vehicle_number=_mixed,
    phone_number=_mixed,
)
define(
    MASTERS_OPTIONS,
    relationship=lambda q: combinations.relationship(
        q.number("a", "life_path_a"), q.number("b", "life_path_b"), q.masters(DEFAULT_MASTERS)
    ),
)
alias({"relationship_number": "relationship"})


def _school(q: Query) -> str:
    for key in ("school", "table", "method"):
        if key in q.method:
            return str(q.method[key])
    return "loveto"


define(
    SCHOOL_OPTIONS,
    compatibility_row=lambda q: compatibility_row(q.number("number", "a"), _school(q)),
    compatibility_pair=lambda q: compatibility_pair(q.number("a"), q.number("b"), _school(q)),
    harmony_triad=lambda q: harmony_triad(q.number("number")),
)
