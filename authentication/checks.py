"""Checks of what works but wants a look: ways to sign in that are off."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core import checks

from authentication.identity_tokens import client_ids
from authentication.models import Provider


def check_providers(app_configs: Any = None, **kwargs: Any) -> list[checks.CheckMessage]:
    """Return a warning in production for each provider that is off: what is left out should be left out knowingly."""
    if settings.ENVIRONMENT != "production":
        return []
    return [
        checks.Warning(
            f"Signing in with {provider.label} is off.",
            hint=f"Set {provider.name}_CLIENT_IDS to the ids of your apps.",
            id=f"authentication.W{number:03d}",
        )
        for number, provider in enumerate(Provider, start=1)
        if not client_ids(provider)
    ]


def register_all() -> None:
    """Register the checks with Django."""
    checks.register(check_providers)
