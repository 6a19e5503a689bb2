"""Serializer parts that take exactly what the schema says: no number for a text, no unknown field in silence."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rest_framework import serializers

from numerai.api.validation import NO_FIELD


class StrictSerializer(serializers.Serializer[Any]):
    """Refuses fields it does not know: a mistyped optional field would otherwise be dropped in silence."""

    def to_internal_value(self, data: Any) -> Any:
        known = [name for name, field in self.fields.items() if not field.read_only]
        if isinstance(data, Mapping) and not set(data) <= set(known):
            message = f"There is an unknown field. Known fields: {', '.join(known)}."
            raise serializers.ValidationError({NO_FIELD: [message]})
        return super().to_internal_value(data)


class TextField(serializers.CharField):
    """A JSON string."""

    def to_internal_value(self, data: Any) -> str:
        if not isinstance(data, str):
            self.fail("invalid")
        return super().to_internal_value(data)


class WholeNumberField(serializers.IntegerField):
    """A JSON number without a fraction."""

    def to_internal_value(self, data: Any) -> int:
        if not isinstance(data, int) or isinstance(data, bool):
            self.fail("invalid")
        return int(super().to_internal_value(data))


class SwitchField(serializers.BooleanField):
    """JSON's true or false."""

    def to_internal_value(self, data: Any) -> bool:
        if not isinstance(data, bool):
            raise serializers.ValidationError("Takes true or false.")
        return data


class ChoiceField(serializers.ChoiceField):
    """One of a few words; the error lists them."""

    def to_internal_value(self, data: Any) -> Any:
        if not isinstance(data, str) or data not in self.choices:
            raise serializers.ValidationError(f"Takes one of: {', '.join(map(str, self.choices))}.")
        return data
