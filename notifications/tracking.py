"""What an e-mail provider tells us later: bounces and complaints, through django-anymail's webhooks."""

from __future__ import annotations

from typing import Any

import structlog
from django.conf import settings

from notifications.kinds import Channel
from notifications.models import SuppressionReason
from notifications.services import suppress_address

log = structlog.get_logger(__name__)

_REASONS = {
    "bounced": SuppressionReason.BOUNCED,
    "complained": SuppressionReason.COMPLAINED,
    "unsubscribed": SuppressionReason.UNSUBSCRIBED,
}


def connect() -> None:
    """Listen to anymail's tracking signal where one of its backends sends our mail."""
    if settings.EMAIL_BACKEND.startswith("anymail."):
        from anymail.signals import tracking

        tracking.connect(on_event, dispatch_uid="notifications.tracking")


def _is_dead(event: Any) -> bool:
    """Say whether a bounce means that the mailbox is gone; anymail tells a full one or a virus filter alike."""
    is_soft = isinstance(event.esp_event, dict) and event.esp_event.get("Type") == "SoftBounce"  # Postmark
    return event.reject_reason in ("bounced", "invalid") and not is_soft


def on_event(sender: Any, event: Any, esp_name: str, **_: Any) -> None:
    """Suppress the address of a permanent bounce or a complaint. Deferrals and the rest are the provider's business."""
    reason = _REASONS.get(event.event_type)
    if reason is None or not event.recipient or (reason == SuppressionReason.BOUNCED and not _is_dead(event)):
        return
    suppress_address(channel=Channel.EMAIL, address=event.recipient, reason=reason)
    log.info("address_suppressed", reason=reason.value, provider=esp_name)
