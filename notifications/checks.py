"""Checks of what works but wants a look: rows outside every month, a channel that is off."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.conf import settings
from django.core import checks
from django.db import connections

from notifications.channels import CHANNELS
from notifications.kinds import Channel
from notifications.partitions import DELIVERIES, count_strays


def check_strays(
    app_configs: Any = None, databases: Sequence[str] | None = None, **kwargs: Any
) -> list[checks.CheckMessage]:
    """Return a warning while the DEFAULT partition holds rows: partitions were not made ahead."""
    found: list[checks.CheckMessage] = []
    for alias in databases or ():
        if connections[alias].vendor != "postgresql":
            continue
        with connections[alias].cursor() as cursor:
            cursor.execute("SELECT to_regclass(%s) IS NOT NULL", [DELIVERIES.default])
            is_migrated = cursor.fetchone()[0]
        if is_migrated and count_strays(DELIVERIES, using=alias):
            found.append(
                checks.Warning(
                    f"{DELIVERIES.default} holds rows that belong into a month of their own.",
                    hint="Run manage.py maintain_deliveries, and see that beat runs: it does this every day.",
                    id="notifications.W001",
                )
            )
    return found


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
