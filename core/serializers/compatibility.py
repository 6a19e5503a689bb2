"""People: given here in the request, or stored profiles. What comes back is described in calculation_schema.py."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from authentication.validators import validate_full_name
from core.comparisons.score import WEIGHTS
from core.models import Comparison, NumerologyProfile
from core.models.profiles import LABEL_MAX_LENGTH
from core.numerology.pairing import POSITIONS
from core.serializers.fields import DayField, NameField, SchoolInput, SpellingInput
from numerai.api.fields import ChoiceField, SwitchField, TextField

MOST_PEOPLE = 8


class PersonInput(SpellingInput):
    """A birth date, with a name or without, or one of your profiles. Without a name only the date's numbers compare."""

    profile_id = serializers.UUIDField(required=False, help_text="One of your profiles, in place of all the rest.")
    name = NameField(required=False, help_text="The full name at birth.")
    birth_date = DayField(required=False)
    label = TextField(  # type: ignore[assignment]  # a field's name, not the attribute of Field
        required=False,
        max_length=LABEL_MAX_LENGTH,
        validators=[validate_full_name],
        help_text="What you call the person in your list of comparisons.",
    )

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if "profile_id" in attrs:
            if len(attrs) > 1:
                raise serializers.ValidationError({"profile_id": "Takes the place of all the rest; send it alone."})
            return attrs
        if "birth_date" not in attrs:
            raise serializers.ValidationError({"birth_date": "This field is required, or a profile_id."})
        if "name" not in attrs and not attrs.keys() <= {"birth_date", "label"}:
            raise serializers.ValidationError({"name": "Is needed for what is said about its letters."})
        return attrs


class RelationInput(SchoolInput):
    """How to calculate, and for what."""

    relation = ChoiceField(choices=list(WEIGHTS), required=False, help_text="With it there is a score: our own.")

    def how(self) -> dict[str, Any]:
        """Return how to calculate, as `compare` takes it."""
        return {key: self.validated_data[key] for key in ("preset", "options", "explain") if key in self.validated_data}


class ComparisonInput(RelationInput):
    """Two people and how to calculate."""

    first = PersonInput()
    second = PersonInput()
    remember = SwitchField(default=True, help_text="Whether a member's list of comparisons gets this one.")

    def people(self) -> list[dict[str, Any]]:
        """Return the people as they were sent."""
        return [self.validated_data["first"], self.validated_data["second"]]


class GroupInput(RelationInput):
    """Several people and how to calculate."""

    people = serializers.ListField(child=PersonInput(), min_length=2, max_length=MOST_PEOPLE)


class ComparedNumbers(serializers.Serializer[Any]):
    """The values of a person's core numbers."""

    def get_fields(self) -> dict[str, Any]:
        return {position: serializers.IntegerField(allow_null=True) for position in POSITIONS}


class ComparedPerson(serializers.Serializer[Any]):
    """Who was compared, as far as it is kept."""

    profile_id = serializers.UUIDField(allow_null=True)
    label = serializers.CharField(allow_null=True)  # type: ignore[assignment]
    numbers = ComparedNumbers()


class ComparisonOutput(serializers.Serializer[Any]):
    """A comparison as it is kept."""

    id = serializers.UUIDField()
    created_at = serializers.DateTimeField()
    first = ComparedPerson()
    second = ComparedPerson()
    relationship = serializers.IntegerField()
    relation = serializers.CharField(allow_null=True)
    score = serializers.IntegerField(allow_null=True)

    def to_representation(self, instance: Comparison) -> dict[str, Any]:
        result, profiles = instance.result, (instance.first_profile, instance.second_profile)
        first, second = (_person(*one) for one in zip(profiles, result["labels"], result["numbers"], strict=True))
        kept = {name: result[name] for name in ("relationship", "relation", "score")}
        return super().to_representation(
            {"id": instance.pk, "created_at": instance.created_at, "first": first, "second": second, **kept}
        )


def _person(profile: NumerologyProfile | None, label: str | None, numbers: dict[str, Any]) -> dict[str, Any]:
    if profile is None:
        return {"profile_id": None, "label": label, "numbers": numbers}
    return {"profile_id": profile.pk, "label": profile.label, "numbers": numbers}
