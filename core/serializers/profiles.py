"""What the addresses of profiles and of the account take and give. Rules live in the services."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from authentication.validators import (
    NAME_MAX_LENGTH,
    validate_full_name,
    validate_language,
    validate_time_zone,
)
from core.models import Gender, NumerologyProfile, Relation
from core.models.profiles import LABEL_MAX_LENGTH
from core.numerology import PRESETS
from core.numerology.names import NAME_LIMIT
from core.numerology.options import DEFAULT_PRESET
from core.selectors.profiles import OwnData
from core.serializers.fields import NAME_SCHEMA, DayField, NameField, OptionsField, OverrideInput, TransliterationField
from numerai.api.fields import ChoiceField, StrictSerializer, SwitchField, TextField


class ProfileInput(StrictSerializer):
    """A person's birth data and how to calculate."""

    label = TextField(  # type: ignore[assignment]  # a field's name, not the attribute of Field
        max_length=LABEL_MAX_LENGTH, validators=[validate_full_name], help_text="What you call this profile."
    )
    relation = ChoiceField(choices=Relation.values, help_text="Who the person is to you.")
    birth_name = NameField(help_text="The full name at birth.")
    birth_date = DayField()
    current_name = NameField(allow_null=True, default=None, help_text="The name in everyday use, if it is another one.")
    gender = ChoiceField(choices=Gender.values, allow_null=True, default=None, help_text="Used by Kua alone.")
    preset = ChoiceField(choices=list(PRESETS), default=DEFAULT_PRESET, help_text="The school.")
    options = OptionsField(default=dict)
    vowel_overrides = OverrideInput(many=True, default=list, max_length=NAME_LIMIT)  # type: ignore[call-arg]
    transliteration = TransliterationField(allow_null=True, default=None)
    has_consent = SwitchField(
        required=False,
        help_text="For anybody but yourself: true states that the person agrees to their data being kept.",
    )


@extend_schema_field({"anyOf": [NAME_SCHEMA, {"type": "null"}]})
class KeptNameField(serializers.Field[Any, Any, Any, Any]):
    """A name as it was given, or null."""

    def to_representation(self, value: Any) -> Any:
        return value


@extend_schema_field({"type": "object", "additionalProperties": True})
class KeptOptionsField(KeptNameField):
    """Options as they were given."""


class ProfileOutput(serializers.Serializer[NumerologyProfile]):
    """A profile as it is kept."""

    id = serializers.UUIDField()
    label = serializers.CharField()  # type: ignore[assignment]
    relation = serializers.ChoiceField(choices=Relation.values)
    is_primary = serializers.BooleanField(help_text="Whether your readings follow this profile.")
    birth_name = KeptNameField()
    birth_date = serializers.DateField()
    current_name = KeptNameField(allow_null=True)
    gender = serializers.ChoiceField(choices=Gender.values, allow_null=True)
    preset = serializers.CharField()
    options = KeptOptionsField()
    vowel_overrides = OverrideInput(many=True)
    transliteration = serializers.DictField(child=serializers.CharField(), allow_null=True)
    created_at = serializers.DateTimeField()
    updated_at = serializers.DateTimeField()

    def to_representation(self, instance: NumerologyProfile) -> dict[str, Any]:
        return super().to_representation(instance) | {"gender": instance.gender or None}


class MemberInput(StrictSerializer):
    """What a member writes about the account and about their own birth."""

    full_name = TextField(max_length=NAME_MAX_LENGTH, allow_blank=True, validators=[validate_full_name])
    language = TextField(max_length=16, validators=[validate_language])
    time_zone = TextField(max_length=64, validators=[validate_time_zone])
    birth_name = NameField(required=False, help_text="The full name at birth, of your primary profile.")
    date_of_birth = DayField(required=False, help_text="Of your primary profile.")


class MemberOutput(serializers.Serializer[OwnData]):
    """A member's own account, with the birth data of the primary profile; null without one."""

    id = serializers.UUIDField(source="account.id")
    email = serializers.EmailField(source="account.email")
    is_verified = serializers.BooleanField(source="account.is_verified")
    full_name = serializers.CharField(source="account.full_name")
    phone = serializers.CharField(source="account.phone", allow_null=True)
    language = serializers.CharField(source="account.language")
    time_zone = serializers.CharField(source="account.time_zone")
    is_premium = serializers.SerializerMethodField()
    created_at = serializers.DateTimeField(source="account.created_at")
    birth_name = KeptNameField()
    date_of_birth = serializers.DateField(allow_null=True)

    def get_is_premium(self, _: OwnData) -> bool:
        return bool(self.context["is_premium"])
