"""Checks of what works but wants a look: rows outside every month, a channel that is off."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.conf import settings
from django.core import checks

from notifications.channels import CHANNELS
from notifications.kinds import Channel
from notifications.upkeep import DELIVERIES
from numerai.partitions import warn_of_strays


def check_strays(
    app_configs: Any = None, databases: Sequence[str] | None = None, **kwargs: Any
) -> list[checks.CheckMessage]:
    """Return a warning while the DEFAULT partition holds rows: partitions were not made ahead."""
    hint = "Run manage.py maintain_deliveries, and see that beat runs: it does this every day."
    return [*warn_of_strays(DELIVERIES, databases=databases, hint=hint, code="notifications.W001")]


def check_channels(app_configs: Any = None, **kwargs: Any) -> list[checks.CheckMessage]:
    """Return a warning in production for text messages that are off: what is left out should be left out knowingly."""
    if settings.ENVIRONMENT != "production" or CHANNELS[Channel.SMS].is_configured():
        return []
    return [
        checks.Warning(
            "Text messages are off: phone numbers cannot be verified.",
            hint="Set TWILIO_ACCOUNT_SID, TWILIO_AUTH_TOKEN, TWILIO_FROM and SMS_COUNTRIES.",
            id="notifications.W002",
        )
    ]


def register_all() -> None:
    """Register the checks with Django."""
    checks.register(check_strays, checks.Tags.database)
    checks.register(check_channels)
