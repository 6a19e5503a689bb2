"""Serializer parts that take exactly what the schema says: no number for a text, no unknown field in silence."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, cast

from django.http import HttpRequest
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers
from rest_framework.request import Request

from numerai.api.validation import NO_FIELD


class StrictSerializer(serializers.Serializer[Any]):
    """Refuses fields it does not know: a mistyped optional field would otherwise be dropped in silence."""

    def to_internal_value(self, data: Any) -> Any:
        known = [name for name, field in self.fields.items() if not field.read_only]
        if isinstance(data, Mapping) and not set(data) <= set(known):
            message = f"There is an unknown field. Known fields: {', '.join(known)}."
            raise serializers.ValidationError({NO_FIELD: [message]})
        return super().to_internal_value(data)


def valid(serializer: type[serializers.Serializer[Any]], request: Request, **options: Any) -> dict[str, Any]:
    """Return what was sent, checked."""
    sent = serializer(data=request.data, **options)
    sent.is_valid(raise_exception=True)
    return cast(dict[str, Any], sent.validated_data)


def valid_query(serializer: type[StrictSerializer], request: HttpRequest) -> dict[str, Any]:
    """Return the query parameters, checked; one that is not known is refused."""
    sent = serializer(data=request.GET.dict())
    sent.is_valid(raise_exception=True)
    return cast(dict[str, Any], sent.validated_data)


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


@extend_schema_field({"type": "boolean"})
class WordSwitchField(serializers.Field[bool, Any, Any, Any]):
    """The words true and false, in a query parameter."""

    def to_internal_value(self, data: Any) -> bool:
        if data not in ("true", "false"):
            raise serializers.ValidationError("Takes true or false.")
        return bool(data == "true")


@extend_schema_field({"type": "string"})
class WordListField(serializers.Field[list[str], Any, Any, Any]):
    """Some of a few words, with commas between them, in a query parameter."""

    def __init__(self, *, words: Sequence[str], **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.words = words

    def to_internal_value(self, data: Any) -> list[str]:
        chosen = str(data).split(",")
        if not set(chosen) <= set(self.words):
            raise serializers.ValidationError(f"Takes some of these, with commas: {', '.join(self.words)}.")
        return [word for word in self.words if word in chosen]
