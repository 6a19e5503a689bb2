"""Two people: given here, in the request. What comes back is described in calculation_schema.py."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from core.numerology import Person
from core.serializers.fields import DayField, NameField, SchoolInput, SpellingInput


class PersonInput(SpellingInput):
    """One of two people. Without a name the numbers of the date are compared alone."""

    name = NameField(required=False, help_text="The full name at birth.")
    birth_date = DayField()

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if "name" not in attrs and len(attrs) > 1:
            raise serializers.ValidationError({"name": "Is needed for what is said about its letters."})
        return attrs


class ComparisonInput(SchoolInput):
    """Two people and how to calculate."""

    first = PersonInput()
    second = PersonInput()

    def comparison_arguments(self) -> dict[str, Any]:
        """Return the arguments of `compare`, without the day."""
        sent = dict(self.validated_data)
        return sent | {which: Person(**sent[which]) for which in ("first", "second")}
