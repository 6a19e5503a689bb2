"""Turns the validation errors of DRF and Django into fields and messages that repeat nothing of what was sent."""

from __future__ import annotations

import re
from typing import Any

from django.core.exceptions import ValidationError as DjangoValidationError
from rest_framework.exceptions import ErrorDetail

NO_FIELD = "non_field_errors"
# The frameworks' own words for these repeat the value.
_OWN_WORDS = {
    "invalid_choice": "This is not one of the accepted values.",
    "does_not_exist": "There is no such object.",
    "incorrect_type": "This is of the wrong type.",
    "not_a_list": "Expected a list.",
    "not_a_dict": "Expected an object.",
    "surrogate_characters_not_allowed": "Unpaired surrogate characters are not allowed.",
}
_UUID_MESSAGE = "Must be a valid UUID."
_FIELD_NAME = re.compile(r"[A-Za-z0-9_]{1,64}", re.ASCII)


def safe_field_name(name: str) -> str:
    """Return a field's name, or "?" for a key that the caller invented, which may itself be personal data."""
    return name if _FIELD_NAME.fullmatch(name) else "?"


def fields_of(detail: Any) -> dict[str, list[str]]:
    """Return {dotted field: messages} of a DRF `ValidationError.detail`, however deeply nested."""
    fields: dict[str, list[str]] = {}
    _collect(detail, "", fields)
    return fields


def fields_of_django(error: DjangoValidationError) -> dict[str, list[str]]:
    """Return {field: messages} of Django's ValidationError, as models and validators raise it."""
    by_field = error.error_dict if hasattr(error, "error_dict") else {NO_FIELD: error.error_list}
    return {
        NO_FIELD if field == "__all__" else field: [
            _message(ErrorDetail(" ".join(one.messages), one.code or "invalid")) for one in errors
        ]
        for field, errors in by_field.items()
    }


def _collect(detail: Any, path: str, fields: dict[str, list[str]]) -> None:
    if isinstance(detail, dict):
        for key, inner in detail.items():
            name = str(key)
            is_own = name == NO_FIELD
            step = path if is_own and path else safe_field_name(name)
            _collect(inner, step if not path or (is_own and path) else f"{path}.{step}", fields)
    elif isinstance(detail, (list, tuple)):
        for index, inner in enumerate(detail):
            if isinstance(inner, (dict, list, tuple)):
                _collect(inner, f"{path}.{index}" if path else str(index), fields)
            else:
                fields.setdefault(path or NO_FIELD, []).append(_message(inner))
    else:
        fields.setdefault(path or NO_FIELD, []).append(_message(detail))


def _message(detail: Any) -> str:
    code = getattr(detail, "code", "")
    if code in _OWN_WORDS:
        return _OWN_WORDS[code]
    text = str(detail)
    return _UUID_MESSAGE if text.endswith("is not a valid UUID.") else text
