"""What the calculations take. What they give is described in chart_schema.py and calculation_schema.py."""

from __future__ import annotations

import zoneinfo
from datetime import datetime
from typing import Any

from rest_framework import serializers

from authentication.validators import validate_time_zone
from core.content.catalogue import INTERPRETATIONS
from core.numerology.kua import GENDERS
from core.numerology.letters import TABLES
from core.numerology.names import NAME_LIMIT
from core.numerology.number_analysis import KINDS
from core.serializers.content import LanguageField
from core.serializers.fields import DayField, MastersField, NameField, SchoolInput, SpellingInput, TransliterationField
from numerai.api.fields import ChoiceField, StrictSerializer, SwitchField, TextField


class NameAnalysisInput(SchoolInput, SpellingInput):
    """A name and how to calculate."""

    name = NameField(help_text="The full name at birth.")
    current_name = NameField(required=False, help_text="The name in everyday use, if it is another one.")


class CalculateInput(NameAnalysisInput):
    """A person and how to calculate."""

    birth_date = DayField()
    on = DayField(required=False, help_text="The day for age, personal cycles and transits; today by default.")
    time_zone = TextField(
        required=False,
        max_length=64,
        validators=[validate_time_zone],
        help_text="Whose today, such as Asia/Kathmandu; UTC by default.",
    )
    gender = ChoiceField(choices=list(GENDERS), required=False, help_text="Used by Kua alone.")
    include = serializers.ListField(
        child=ChoiceField(choices=[INTERPRETATIONS]),
        required=False,
        max_length=1,
        help_text="What to add.",
    )
    lang = LanguageField()

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if "on" in attrs and "time_zone" in attrs:
            raise serializers.ValidationError({"time_zone": "Takes the place of on; send one of them."})
        return attrs

    def chart_arguments(self, *, now: datetime) -> dict[str, Any]:
        """Return the arguments of `birth_chart`; `now` gives the day when none was sent."""
        sent = dict(self.validated_data)
        zone = sent.pop("time_zone", "UTC")
        sent.setdefault("on", now.astimezone(zoneinfo.ZoneInfo(zone)).date())
        return {name: value for name, value in sent.items() if name not in ("include", "lang")}


class NumberAnalysisInput(StrictSerializer):
    """What stands on a house, a sign, a plate or a telephone."""

    kind = ChoiceField(choices=list(KINDS))
    text = TextField(max_length=NAME_LIMIT, help_text="As it is written: 42B, +49 (151) 234, Blue Door Books.")
    table = ChoiceField(choices=list(TABLES), default="pythagorean", help_text="The letter table.")
    masters = MastersField(default=list, help_text="Master numbers to keep; the published way keeps none.")
    transliteration = TransliterationField(required=False)
    explain = SwitchField(default=True, help_text="Whether to show what was counted.")
