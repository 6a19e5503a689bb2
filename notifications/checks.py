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


_MAY_BE_OFF = (
    (
        Channel.SMS,
        "Text messages are off: phone numbers cannot be verified.",
        "Set TWILIO_ACCOUNT_SID, TWILIO_AUTH_TOKEN, TWILIO_FROM and SMS_COUNTRIES.",
        "notifications.W002",
    ),
    (
        Channel.FCM,
        "Pushes to apps are off: what is queued for them expires.",
        "Set FIREBASE_PROJECT_ID and FIREBASE_CREDENTIALS_PATH.",
        "notifications.W003",
    ),
    (
        Channel.WEBPUSH,
        "Pushes to browsers are off: what is queued for them expires.",
        "Set VAPID_PUBLIC_KEY and VAPID_PRIVATE_KEY (vapid --gen makes a pair).",
        "notifications.W004",
    ),
)


def check_channels(app_configs: Any = None, **kwargs: Any) -> list[checks.CheckMessage]:
    """Return a warning in production for each channel that is off: what is left out should be left out knowingly."""
    if settings.ENVIRONMENT != "production":
        return []
    return [
        checks.Warning(message, hint=hint, id=number)
        for channel, message, hint, number in _MAY_BE_OFF
        if not CHANNELS[channel].is_configured()
    ]


def register_all() -> None:
    """Register the checks with Django."""
    checks.register(check_strays, checks.Tags.database)
    checks.register(check_channels)
