"""What the interpretations' addresses take and give."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rest_framework import serializers

from core.content.catalogue import DEFAULT_LANGUAGE, PARTS, POSITIONS
from core.content.library import Library, Text
from core.selectors.content import interpretations_for
from core.serializers.chart_schema import INTEGER, INTERPRETATION, TEXT, Schema, array, record
from numerai.api.fields import StrictSerializer

LANGUAGE_PATTERN = r"^[A-Za-z]{2,3}([-_][A-Za-z0-9]{2,8}){0,3}\Z"

POSITION_LIST = array(
    record(
        position=TEXT,
        label=TEXT,
        numbers=array(INTEGER),
        languages=array(TEXT) | {"description": "The languages that have a text for every number."},
    )
)
INTERPRETATION_COMPONENTS: dict[str, Schema] = {"Interpretation": INTERPRETATION, "PositionList": POSITION_LIST}


class LanguageField(serializers.RegexField):
    """A language, as texts are asked for in it."""

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault(
            "help_text", "A language such as de or pt-BR; where it lacks a text, the nearest that has it."
        )
        kwargs.setdefault("error_messages", {"invalid": "Takes a language, such as de or pt-BR."})
        super().__init__(LANGUAGE_PATTERN, default=DEFAULT_LANGUAGE, **kwargs)


class LanguageQuery(StrictSerializer):
    """In which language texts are wanted."""

    lang = LanguageField()


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


def interpretations_data(library: Library, chart: Mapping[str, Any], language: str) -> list[dict[str, Any]]:
    """Return what is written for the numbers of a chart (`BirthChart.to_dict`), as the API gives it."""
    return [interpretation_data(text) for text in interpretations_for(library, chart, language)]
