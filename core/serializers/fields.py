"""The fields that several numerology serializers share: names, days, options, letters."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import date
from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from core.numerology import PRESETS, EngineError, NameInput, option_values
from core.numerology.dates import parse_date
from core.numerology.names import LETTER_LIMIT, NAME_LIMIT
from core.numerology.options import DEFAULT_PRESET, checked_option
from numerai.api.exceptions import InvalidInput
from numerai.api.fields import ChoiceField, StrictSerializer, SwitchField, TextField, WholeNumberField
from numerai.api.validation import NO_FIELD

_NAME_PART = {"type": "string", "maxLength": NAME_LIMIT}
NAME_SCHEMA = {
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


@extend_schema_field(NAME_SCHEMA)
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
            try:
                _by_engine(checked_option, name, value)
            except serializers.ValidationError as error:
                errors[name] = error.detail
        if errors:
            raise serializers.ValidationError(errors)
        return dict(data)


@extend_schema_field({"type": "array", "items": {"type": "integer", "enum": option_values()["masters"]["accepts"]}})
class MastersField(serializers.Field[Any, Any, Any, Any]):
    """Master numbers that are kept."""

    def to_internal_value(self, data: Any) -> frozenset[int]:
        masters: frozenset[int] = _by_engine(checked_option, "masters", data)
        return masters


class OverrideInput(StrictSerializer):
    """The caller's word on one letter."""

    part = WholeNumberField(min_value=0, max_value=NAME_LIMIT, help_text="Which part of the name, from 0.")
    index = WholeNumberField(min_value=0, max_value=NAME_LIMIT, help_text="Which letter of the part, from 0.")
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


class SpellingInput(StrictSerializer):
    """What the caller knows better than the rules about the letters of a name."""

    vowel_overrides = OverrideInput(many=True, required=False, max_length=LETTER_LIMIT)  # type: ignore[call-arg]
    transliteration = TransliterationField(required=False)


class SchoolInput(StrictSerializer):
    """How to calculate, and whether to show it."""

    preset = ChoiceField(choices=list(PRESETS), default=DEFAULT_PRESET, help_text="The school.")
    options = OptionsField(required=False)
    explain = SwitchField(default=True, help_text="Whether to show the working.")


@contextmanager
def engine_errors(sent: StrictSerializer) -> Iterator[None]:
    """Turn an EngineError into the API's refusal of what was `sent`, with the field at fault and the reason."""
    try:
        yield
    except EngineError as error:
        raise InvalidInput({_field_at_fault(error, sent): [error.message]}, reason=error.code) from None


def _field_at_fault(error: EngineError, sent: StrictSerializer) -> str:
    if error.field.partition(".")[0] in sent.fields:
        return error.field
    return f"options.{error.field}" if error.field in option_values() else NO_FIELD
