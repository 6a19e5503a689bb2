"""What the interpretations' addresses take and give."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from core.content.catalogue import DEFAULT_LANGUAGE, PARTS, POSITIONS
from core.content.library import Text
from core.serializers.chart_schema import INTEGER, TEXT, Schema, array, record
from numerai.api.fields import StrictSerializer

LANGUAGE_PATTERN = r"^[A-Za-z]{2,3}([-_][A-Za-z0-9]{2,8}){0,3}\Z"

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
POSITION_LIST = array(
    record(
        position=TEXT,
        label=TEXT,
        numbers=array(INTEGER),
        languages=array(TEXT) | {"description": "The languages that have a text for every number."},
    )
)
INTERPRETATION_COMPONENTS: dict[str, Schema] = {"Interpretation": INTERPRETATION, "PositionList": POSITION_LIST}


class LanguageQuery(StrictSerializer):
    """In which language texts are wanted."""

    lang = serializers.RegexField(
        LANGUAGE_PATTERN,
        default=DEFAULT_LANGUAGE,
        help_text="A language such as de or pt-BR; where it lacks a text, the nearest that has it.",
        error_messages={"invalid": "Takes a language, such as de or pt-BR."},
    )


def interpretation_data(text: Text) -> dict[str, Any]:
    """Return an interpretation as the API gives it."""
    return {
        "position": text.key.section,
        "label": POSITIONS[text.key.section].label,
        "number": text.key.number,
        "language": text.language,
        "release": text.release,
        **{name: text.parts[name] for name in PARTS},
        "html": text.html,
    }
