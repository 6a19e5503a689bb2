"""What the numerology endpoints take. What they give is described in chart_schema.py."""

from __future__ import annotations

import zoneinfo
from collections.abc import Callable, Mapping
from datetime import date, datetime
from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from core.numerology import PRESETS, EngineError, NameInput, VowelOverride, option_values
from core.numerology.dates import parse_date
from core.numerology.kua import GENDERS
from core.numerology.names import NAME_LIMIT
from core.numerology.options import DEFAULT_PRESET, checked_option
from numerai.api.fields import ChoiceField, StrictSerializer, SwitchField, TextField
from numerai.api.validation import NO_FIELD

_NAME_PART = {"type": "string", "maxLength": NAME_LIMIT}
_NAME_SCHEMA = {
    "oneOf": [
        {"type": "string", "minLength": 1, "maxLength": NAME_LIMIT, "description": "The whole name."},
        {
            "type": "object",
            "required": ["first"],
            "additionalProperties": False,
            "properties": {
                "first": {**_NAME_PART, "minLength": 1},
                "middle": {"type": "array", "items": _NAME_PART, "maxItems": 20},
                "last": _NAME_PART,
                "suffix": {**_NAME_PART, "description": "Jr., III; never counted."},
            },
        },
    ]
}


class NameParts(StrictSerializer):
    """A name in its fields, where they are known."""

    first = TextField(max_length=NAME_LIMIT)
    middle = serializers.ListField(
        child=TextField(max_length=NAME_LIMIT, allow_blank=True), max_length=20, default=list
    )
    last = TextField(max_length=NAME_LIMIT, allow_blank=True, default="")
    suffix = TextField(max_length=NAME_LIMIT, allow_blank=True, default="")


@extend_schema_field(_NAME_SCHEMA)
class NameField(serializers.Field[Any, Any, Any, Any]):
    """A name as one text, or as an object of first, middle, last and suffix."""

    def to_internal_value(self, data: Any) -> str | NameInput:
        if isinstance(data, str):
            return data
        if not isinstance(data, Mapping):
            raise serializers.ValidationError("Takes text, or an object of first, middle, last and suffix.")
        parts = NameParts(data=data)
        parts.is_valid(raise_exception=True)
        checked = parts.validated_data
        return NameInput(checked["first"], tuple(checked["middle"]), checked["last"], checked["suffix"])


@extend_schema_field({"type": "string", "format": "date"})
class DayField(serializers.Field[Any, Any, Any, Any]):
    """A calendar day as YYYY-MM-DD, by the engine's own rule."""

    def to_internal_value(self, data: Any) -> date:
        day: date = _by_engine(parse_date, data)
        return day


def _by_engine(check: Callable[..., Any], *values: Any) -> Any:
    try:
        return check(*values)
    except EngineError as error:
        raise serializers.ValidationError(error.message, code=error.code.lower()) from None


# What each type of option is in JSON. The engine itself is more generous: it takes any iterable, and 3.0 for 3.
_JSON_TYPES = {"choice": str, "boolean": bool, "integer": int, "list": list}


def options_schema() -> dict[str, Any]:
    types = {"choice": "string", "boolean": "boolean", "integer": "integer"}
    properties: dict[str, Any] = {}
    for name, option in option_values().items():
        accepted = {"enum": option["accepts"]}
        if option["type"] == "list":
            properties[name] = {"type": "array", "items": accepted, "default": option["default"]}
        else:
            properties[name] = {"type": types[option["type"]], **accepted, "default": option["default"]}
    return {"type": "object", "additionalProperties": False, "properties": properties}


@extend_schema_field(options_schema())
class OptionsField(serializers.Field[Any, Any, Any, Any]):
    """Single choices that replace those of the preset."""

    def to_internal_value(self, data: Any) -> dict[str, Any]:
        if not isinstance(data, Mapping):
            raise serializers.ValidationError("Takes an object of options.")
        known = option_values()
        if not set(data) <= set(known):
            raise serializers.ValidationError(f"There is an unknown option. Known options: {', '.join(known)}.")
        errors: dict[str, Any] = {}
        for name, value in data.items():
            if not isinstance(value, _JSON_TYPES[known[name]["type"]]):
                errors[name] = [f"Takes a {known[name]['type']} of: {', '.join(map(str, known[name]['accepts']))}."]
                continue
            try:
                _by_engine(checked_option, name, value)
            except serializers.ValidationError as error:
                errors[name] = error.detail
        if errors:
            raise serializers.ValidationError(errors)
        return dict(data)


class OverrideInput(StrictSerializer):
    """The caller's word on one letter."""

    part = serializers.IntegerField(min_value=0, max_value=NAME_LIMIT, help_text="Which part of the name, from 0.")
    index = serializers.IntegerField(min_value=0, max_value=NAME_LIMIT, help_text="Which letter of the part, from 0.")
    role = ChoiceField(choices=["vowel", "consonant"])


@extend_schema_field(
    {"type": "object", "additionalProperties": {"type": "string"}, "description": "Word as written to its spelling."}
)
class TransliterationField(serializers.Field[Any, Any, Any, Any]):
    """Spellings of the caller's own for words in another script."""

    def to_internal_value(self, data: Any) -> dict[str, str]:
        if not isinstance(data, Mapping) or not all(isinstance(text, str) for text in data.values()):
            raise serializers.ValidationError("Takes an object of words and their spellings in Latin letters.")
        if len(data) > NAME_LIMIT or any(len(word) > NAME_LIMIT for pair in data.items() for word in pair):
            raise serializers.ValidationError(f"Takes at most {NAME_LIMIT} words of {NAME_LIMIT} characters each.")
        return dict(data)


class CalculateInput(StrictSerializer):
    """A person and how to calculate."""

    name = NameField(help_text="The full name at birth.")
    birth_date = DayField()
    current_name = NameField(required=False, help_text="The name in everyday use, if it is another one.")
    on = DayField(required=False, help_text="The day for age, personal cycles and transits; today by default.")
    time_zone = TextField(
        required=False, max_length=64, help_text="Whose today, such as Asia/Kathmandu; UTC by default."
    )
    preset = ChoiceField(choices=list(PRESETS), default=DEFAULT_PRESET, help_text="The school.")
    options = OptionsField(required=False)
    gender = ChoiceField(choices=list(GENDERS), required=False, help_text="Used by Kua alone.")
    vowel_overrides = OverrideInput(many=True, required=False)
    transliteration = TransliterationField(required=False)
    explain = SwitchField(default=True, help_text="Whether to show the working.")

    def validate_time_zone(self, value: str) -> str:
        if value not in zoneinfo.available_timezones():
            raise serializers.ValidationError("Takes the name of a time zone, such as Europe/Berlin.")
        return value

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
