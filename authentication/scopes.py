"""What an API key may be allowed to do, and how a view says which of it a request needs.

A view takes keys by one line, `api_key_scope = Scope.NUMEROLOGY_READ`, for all of its methods; or by method, where the
others take none: `api_key_scope = {"GET": Scope.READINGS_READ}`. A view without that line takes no keys.
"""

from __future__ import annotations

from typing import Any

from django.db import models


class Scope(models.TextChoices):
    NUMEROLOGY_READ = "numerology:read", "calculate numbers"
    PROFILES_READ = "profiles:read", "read the profiles of the account and what is calculated from them"
    READINGS_READ = "readings:read", "read the readings of the account"


def scope_for(view: Any, method: str) -> str | None:
    """Return the scope that a key needs for this method of a view, or None if the view takes no keys for it."""
    declared = getattr(view, "api_key_scope", None)
    if isinstance(declared, dict):
        return declared.get("GET" if method == "HEAD" else method)
    return declared
