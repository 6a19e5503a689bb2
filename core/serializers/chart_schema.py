"""The shape of a chart as the API gives it (`BirthChart.to_dict`), in JSON Schema for the OpenAPI description."""

from __future__ import annotations

from typing import Any

from core.content.catalogue import PARTS
from core.serializers.fields import options_schema

Schema = dict[str, Any]

INTEGER: Schema = {"type": "integer"}
TEXT: Schema = {"type": "string"}
SWITCH: Schema = {"type": "boolean"}
NUMBER: Schema = {"$ref": "#/components/schemas/NumerologyNumber"}


def record(optional: tuple[str, ...] = (), /, **properties: Schema) -> Schema:
    """Return an object with these properties and no others."""
    required = [name for name in properties if name not in optional]
    return {"type": "object", "additionalProperties": False, "required": required, "properties": properties}


def array(items: Schema) -> Schema:
    return {"type": "array", "items": items}


def table_of(values: Schema) -> Schema:
    return {"type": "object", "additionalProperties": values}


def or_null(schema: Schema) -> Schema:
    return {"anyOf": [schema, {"type": "null"}]}


def numbers(*names: str, nullable: tuple[str, ...] = ()) -> dict[str, Schema]:
    return {name: or_null(NUMBER) if name in nullable else NUMBER for name in names}


_NUMBER_FIELDS: dict[str, Schema] = {
    "value": INTEGER | {"description": "The number, with master numbers kept."},
    "root": INTEGER | {"description": "The number reduced to one digit."},
    "total": INTEGER | {"description": "The sum before reduction."},
    "chain": array(INTEGER) | {"description": "Each step of the reduction."},
    "karmic_debt": {"type": ["integer", "null"]},
    "display": TEXT,
    "working": array(record(label=TEXT, chain=array(INTEGER), adds=INTEGER)),
}
_LETTERS = array(array(record(letter=TEXT, value=INTEGER, role={"type": ["string", "null"]})))
_SPAN: dict[str, Schema] = {"from_age": INTEGER, "to_age": {"type": ["integer", "null"]}}
_CURRENT: Schema = {"type": ["boolean", "null"]}
_FIGURE = {"anyOf": [record(number=or_null(NUMBER), count=INTEGER), INTEGER]}
_TRANSIT = or_null(record(letter=TEXT, value=INTEGER))
_ARROWS = array(record(arrow=TEXT, name=TEXT))

_CORE = ("life_path", "birthday", "attitude", "generation", "expression", "soul_urge", "personality", "balance")
_MINOR = ("minor_expression", "minor_soul_urge", "minor_personality")

_MARKDOWN = [part.name for part in PARTS.values() if part.markdown]
INTERPRETATION = record(
    position=TEXT,
    label=TEXT,
    number=INTEGER,
    language=TEXT | {"description": "The language of the text: another than asked for where that one has none."},
    release=INTEGER | {"description": "The release from which on these words are served."},
    **{
        part.name: TEXT | {"description": "A small subset of Markdown." if part.markdown else "Plain text."}
        for part in PARTS.values()
    },
    html=record(**dict.fromkeys(_MARKDOWN, TEXT))
    | {"description": "The parts in Markdown, as HTML of p, br, strong, em, ul, ol, li and a[href] alone."},
)
CHART = record(
    ("interpretations",),
    engine_version=INTEGER,
    preset=TEXT,
    options={"type": "object", "required": list(options_schema()["properties"])} | options_schema(),
    birth_date=TEXT | {"format": "date"},
    name=record(
        ("letters",),
        parts=array(TEXT),
        ignored=array(TEXT) | {"description": "What was sent and is not counted."},
        transliterated=array(record(**{"from": TEXT, "to": TEXT})),
        part_totals=array(INTEGER),
        vowel_totals=array(INTEGER),
        consonant_totals=array(INTEGER),
        letters=_LETTERS,
    ),
    core=record(**numbers(*_CORE, "rational_thought", "maturity", nullable=("soul_urge", "personality"))),
    minor=or_null(record(**numbers(*_MINOR, nullable=_MINOR))),
    letters=record(
        ("temperaments",),
        inclusion=table_of(INTEGER),
        hidden_passion=array(INTEGER),
        karmic_lessons=array(INTEGER),
        subconscious_self=INTEGER,
        cornerstone=TEXT,
        capstone=TEXT,
        first_vowel={"type": ["string", "null"]},
        keystone={"type": ["string", "null"]},
        planes=table_of(_FIGURE),
        temperaments=table_of(_FIGURE),
    ),
    bridges=array(record(between=array(TEXT), value=INTEGER)),
    karmic_debts=array(record(where=TEXT, debt=INTEGER)),
    cycles=record(
        period_cycles=array(
            record(
                ("working",),
                **_NUMBER_FIELDS,
                from_year=INTEGER,
                to_year={"type": ["integer", "null"]},
                current=_CURRENT,
            )
        ),
        pinnacles=array(record(("working",), **_NUMBER_FIELDS, **_SPAN, from_year=INTEGER, current=_CURRENT)),
        challenges=array(record(value=INTEGER, **_SPAN, main=SWITCH)),
    ),
    current=or_null(
        record(
            on=TEXT | {"format": "date"},
            age=INTEGER,
            **numbers("universal_year", "universal_month", "universal_day"),
            **numbers("personal_year", "personal_month", "personal_day"),
            transits=record(physical=_TRANSIT, mental=_TRANSIT, spiritual=_TRANSIT),
            essence=or_null(NUMBER),
            is_duality_year={"type": ["boolean", "null"]},
        )
    ),
    schools=record(
        chaldean=record(
            ("letters",),
            root=NUMBER,
            compound=INTEGER,
            cheiro_compound=INTEGER,
            part_totals=array(INTEGER),
            letters=_LETTERS,
        ),
        vedic=record(psychic=NUMBER, destiny=NUMBER, name=NUMBER),
        kua=table_of(INTEGER),
    ),
    grids=record(
        lo_shu=record(
            rows=array(array(INTEGER)),
            missing=array(INTEGER),
            repeated=array(INTEGER),
            complete_lines=array(TEXT),
            missing_lines=array(TEXT),
        ),
        birth_grid=record(rows=array(array(INTEGER)), full_arrows=_ARROWS, empty_arrows=_ARROWS),
        psychomatrix=record(
            working=array(INTEGER),
            cells=table_of(TEXT),
            lines=table_of(INTEGER),
        ),
    ),
    alternatives=array(
        record(quantity=TEXT, option=TEXT, choice=TEXT, value={"type": ["integer", "null"]})
        | {"description": "Methods that give another value for this very person."}
    ),
    interpretations=array({"$ref": "#/components/schemas/Interpretation"})
    | {"description": "What is written for the numbers of this chart, where it was asked for."},
)
# By name, as EnvelopeAutoSchema registers them for a view that lists them in `schema_components`.
NUMBER_COMPONENT: dict[str, Schema] = {"NumerologyNumber": record(("working",), **_NUMBER_FIELDS)}
CHART_COMPONENTS: dict[str, Schema] = {**NUMBER_COMPONENT, "Interpretation": INTERPRETATION, "BirthChart": CHART}
