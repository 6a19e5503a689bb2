"""What a member may write about the account: passwords, names, languages and time zones."""

from __future__ import annotations

import unicodedata
from functools import lru_cache
from importlib import resources
from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import RegexValidator

PASSWORD_MAX_LENGTH = 128
NAME_MAX_LENGTH = 200

validate_language = RegexValidator(
    r"\A[a-z]{2,3}(-[A-Z][a-z]{3})?(-([A-Z]{2}|[0-9]{3}))?\Z",
    "Takes a language tag such as en, de or pt-BR.",
    code="invalid",
)


class MaximumLengthValidator:
    """Refuses very long passwords: hashing them costs the server, and nobody types them."""

    def __init__(self, max_length: int = PASSWORD_MAX_LENGTH) -> None:
        self.max_length = max_length

    def validate(self, password: str, user: Any = None) -> None:
        if len(password) > self.max_length:
            raise ValidationError(self.get_help_text(), code="password_too_long")

    def get_help_text(self) -> str:
        return f"Your password may have at most {self.max_length} characters."


@lru_cache(maxsize=1)
def time_zones() -> frozenset[str]:
    """Return the zones on offer: the list of the tzdata package, not the machine's, which may differ from it."""
    listed = resources.files("tzdata").joinpath("zones").read_text(encoding="utf-8")
    return frozenset(line.strip() for line in listed.splitlines() if line.strip())


def validate_time_zone(value: str) -> None:
    if value not in time_zones():
        raise ValidationError("Takes the name of a time zone, such as Europe/Berlin.", code="invalid")


def validate_full_name(value: str) -> None:
    """Refuse control characters, of which a mail's greeting could be made to break."""
    if any(unicodedata.category(character) in ("Cc", "Zl", "Zp") for character in value):
        raise ValidationError("A name takes one line of text.", code="invalid")
