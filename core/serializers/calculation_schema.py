"""The shapes of what the calculations besides the chart give, in JSON Schema for the OpenAPI description."""

from __future__ import annotations

from core.comparisons.score import WEIGHTS
from core.numerology.name_analysis import NAME_NUMBERS
from core.numerology.number_analysis import KINDS
from core.numerology.pairing import POSITIONS
from core.serializers.chart_schema import (
    CHART,
    INTEGER,
    NUMBER,
    SWITCH,
    TEXT,
    Schema,
    array,
    numbers,
    or_null,
    record,
    table_of,
)

_CHART: dict[str, Schema] = CHART["properties"]
_TEXT_OR_NULL: Schema = {"type": ["string", "null"]}
_HOW = {key: _CHART[key] for key in ("engine_version", "preset", "options")}

NAME_ANALYSIS = record(
    **_HOW,
    name=_CHART["name"],
    core=record(**numbers(*NAME_NUMBERS, nullable=("soul_urge", "personality"))),
    minor=_CHART["minor"],
    letters=_CHART["letters"],
    bridges=_CHART["bridges"],
    karmic_debts=_CHART["karmic_debts"],
    schools=record(chaldean=_CHART["schools"]["properties"]["chaldean"], vedic_name=NUMBER),
    alternatives=_CHART["alternatives"],
)

NUMBER_ANALYSIS = record(
    ("letters",),
    engine_version=INTEGER,
    kind={"type": "string", "enum": list(KINDS)},
    source=TEXT | {"description": "Who says that it is counted in this way."},
    table=TEXT,
    number=NUMBER,
    letters=array(array(record(letter=TEXT, value=INTEGER))),
    digits=array(INTEGER),
    ignored=array(TEXT) | {"description": "What was sent and is not counted."},
    transliterated=_CHART["name"]["properties"]["transliterated"],
    associations=array(
        record(school=TEXT, number=INTEGER, planet=TEXT, colours=array(TEXT), gems=array(TEXT), days=array(TEXT))
    )
    | {"description": "What schools connect with the root of the number."},
)

_TRIAD = array(INTEGER)
_LABELS = array(record(school=TEXT, first_to_second=_TEXT_OR_NULL, second_to_first=_TEXT_OR_NULL))
_PAIR: dict[str, Schema] = {
    "position": {"type": "string", "enum": list(POSITIONS)},
    "labels": or_null(_LABELS)
    | {"description": "What each school calls the other's number; null where it notes nothing."},
    "triads": or_null(record(first=_TRIAD, second=_TRIAD, shared=SWITCH)),
}
_SCORE = or_null(
    record(
        relation={"type": "string", "enum": list(WEIGHTS)},
        value=INTEGER | {"description": "From 25 to 100."},
        scoring=TEXT | {"description": "Whose scoring it is."},
        factors=array(
            record(
                position=_PAIR["position"],
                weight=INTEGER,
                harmony=INTEGER | {"description": "The mean of the schools, rounded."},
                schools=array(record(school=TEXT, points={"type": "number"})),
            )
        ),
    )
) | {"description": "The mean of the harmonies by their weights, rounded. Null unless a relation was sent."}
COMPARISON = record(
    **_HOW,
    pairs=array(record(**_PAIR, first=or_null(NUMBER), second=or_null(NUMBER))),
    relationship=NUMBER,
    score=_SCORE,
    remembered_as={"type": ["string", "null"], "format": "uuid"},
)
GROUP = record(
    **_HOW,
    people=array(record(**numbers(*POSITIONS, nullable=POSITIONS))),
    comparisons=array(
        record(
            first=INTEGER | {"description": "Which of the people, from 0."},
            second=INTEGER,
            pairs=array(record(**_PAIR)),
            relationship=NUMBER,
            score=_SCORE,
        )
    ),
    matrix=or_null(array(array({"type": ["integer", "null"]})))
    | {"description": "The scores, if a relation was sent."},
)

SYSTEMS = record(
    engine_version=INTEGER,
    default_preset=TEXT,
    presets=array(record(preset=TEXT, source=TEXT, options=_CHART["options"])),
    options=array(
        record(
            option=TEXT,
            type={"type": "string", "enum": ["choice", "boolean", "integer", "list"]},
            default={"description": "A text, a number, true or false, or a list."},
            accepts=array({}),
        )
    ),
    tables=array(
        record(
            table=TEXT,
            script=TEXT,
            source=TEXT,
            letters=table_of(INTEGER),
            vowels=array(TEXT) | {"description": "Those that always are; Y and W are decided by vowel_rule."},
            marks=table_of(INTEGER) | {"description": "What an accent adds to its letter."},
            with_options=array(record(option=TEXT, choice=TEXT, letters=table_of(INTEGER))),
        )
    ),
    compatibility=record(
        schools=array(
            record(
                school=TEXT,
                source=TEXT,
                labels=array(TEXT),
                otherwise=TEXT | {"description": "What a number is called that the row does not list."},
                rows=table_of(or_null(table_of(array(INTEGER)))),
            )
        ),
        triads=array(_TRIAD),
    ),
    aliases=array(record(alias=TEXT, path=TEXT | {"description": "Where in a chart."}, warning=_TEXT_OR_NULL)),
)
