"""What the calculations take. What they give is described in chart_schema.py."""

from __future__ import annotations

import zoneinfo
from datetime import datetime
from typing import Any

from rest_framework import serializers

from authentication.validators import validate_time_zone
from core.numerology import PRESETS, EngineError, VowelOverride, option_values
from core.numerology.kua import GENDERS
from core.numerology.options import DEFAULT_PRESET
from core.serializers.fields import DayField, NameField, OptionsField, OverrideInput, TransliterationField
from numerai.api.fields import ChoiceField, StrictSerializer, SwitchField, TextField
from numerai.api.validation import NO_FIELD


class CalculateInput(StrictSerializer):
    """A person and how to calculate."""

    name = NameField(help_text="The full name at birth.")
    birth_date = DayField()
    current_name = NameField(required=False, help_text="The name in everyday use, if it is another one.")
    on = DayField(required=False, help_text="The day for age, personal cycles and transits; today by default.")
    time_zone = TextField(
        required=False,
        max_length=64,
        validators=[validate_time_zone],
        help_text="Whose today, such as Asia/Kathmandu; UTC by default.",
    )
    preset = ChoiceField(choices=list(PRESETS), default=DEFAULT_PRESET, help_text="The school.")
    options = OptionsField(required=False)
    gender = ChoiceField(choices=list(GENDERS), required=False, help_text="Used by Kua alone.")
    vowel_overrides = OverrideInput(many=True, required=False)
    transliteration = TransliterationField(required=False)
    explain = SwitchField(default=True, help_text="Whether to show the working.")

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if "on" in attrs and "time_zone" in attrs:
            raise serializers.ValidationError({"time_zone": "Takes the place of on; send one of them."})
        return attrs

    def chart_arguments(self, *, now: datetime) -> dict[str, Any]:
        """Return the arguments of `birth_chart`; `now` gives the day when none was sent."""
        sent = dict(self.validated_data)
        zone = sent.pop("time_zone", "UTC")
        sent.setdefault("on", now.astimezone(zoneinfo.ZoneInfo(zone)).date())
        overrides = sent.pop("vowel_overrides", ())
        return sent | {"vowel_overrides": [VowelOverride(**override) for override in overrides]}


def field_of(error: EngineError) -> str:
    """Return where in the input an EngineError lies, in the API's words."""
    if error.field in CalculateInput().fields:
        return error.field
    return f"options.{error.field}" if error.field in option_values() else NO_FIELD
