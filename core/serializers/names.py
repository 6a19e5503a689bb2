"""What the comparison of names takes, and the shape of what it gives."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from core.comparisons.names import (
    AT_BIRTH,
    FOLLOWS_THE_NAME_IN_USE,
    IN_USE,
    KINDS,
    MOST_CANDIDATES,
    OF_A_FIRM,
    Candidate,
)
from core.serializers.chart_schema import INTEGER, NUMBER, TEXT, Schema, array, or_null, record, table_of
from core.serializers.fields import NameField, SchoolInput
from numerai.api.fields import ChoiceField, StrictSerializer


class CandidateInput(StrictSerializer):
    """A name that you think of."""

    kind = ChoiceField(choices=list(KINDS), help_text="What for.")
    name = NameField()


class NameComparisonInput(SchoolInput):
    """The names that are, those that might be, and how to calculate."""

    birth_name = NameField(required=False, help_text="The full name at birth; for all but babies and businesses.")
    current_name = NameField(required=False, help_text="The name in everyday use, if it is another one.")
    candidates = serializers.ListField(child=CandidateInput(), min_length=1, max_length=MOST_CANDIDATES)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        in_use = "current_name" in attrs or any(KINDS[one["kind"]] == IN_USE for one in attrs["candidates"])
        if in_use and "birth_name" not in attrs:
            raise serializers.ValidationError({"birth_name": "Is needed to say what a name in use changes."})
        return attrs

    def arguments(self) -> dict[str, Any]:
        """Return the arguments of `compare_names`."""
        sent = {"birth_name": None, "current_name": None, **self.validated_data}
        return sent | {"candidates": [Candidate(**one) for one in sent["candidates"]]}


_INTEGERS_OR_NULL = or_null(array(INTEGER))
_INTEGER_OR_NULL: Schema = {"type": ["integer", "null"]}
_ENTRY: Schema = {"$ref": "#/components/schemas/ComparedName"}
NAME_COMPARISON_COMPONENTS: dict[str, Schema] = {
    "ComparedName": record(
        kind={"type": "string", "enum": ["birth", "current", *KINDS]},
        role={"type": "string", "enum": [IN_USE, AT_BIRTH, OF_A_FIRM]},
        parts=or_null(array(TEXT)),
        numbers=table_of(or_null(NUMBER)),
        chaldean_compound=_INTEGER_OR_NULL,
        hidden_passion=_INTEGERS_OR_NULL,
        karmic_lessons=_INTEGERS_OR_NULL,
        compared_with={"type": ["string", "null"], "enum": ["birth", "current", None]},
        changes=or_null(
            array(
                record(
                    number={"type": "string", "enum": list(FOLLOWS_THE_NAME_IN_USE)},
                    before=_INTEGER_OR_NULL,
                    after=_INTEGER_OR_NULL,
                )
            )
        ),
        unchanged=or_null(array(TEXT)),
    ),
    "NameComparison": record(
        stays=array(TEXT) | {"description": "What no change of name touches."},
        birth=or_null(_ENTRY),
        current=or_null(_ENTRY),
        candidates=array(_ENTRY),
    ),
}
