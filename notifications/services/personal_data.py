"""What this app gives out and forgets about a member (numerai/hooks.py)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import models

from notifications.kinds import Kind
from notifications.models import Delivery, Device, InboxItem, Preference, QuietHours

_MEMBERS_OWN: tuple[type[models.Model], ...] = (Delivery, Device, InboxItem, Preference, QuietHours)


def export_member(user_id: UUID) -> Mapping[str, Any]:
    """Return devices and settings, inbox, and what was sent and when as far as it is still known."""
    quiet = QuietHours.objects.filter(user_id=user_id).first()
    return {
        "deliveries": [
            {
                "kind": row.kind,
                "channel": row.channel,
                "due_on": row.due_on.isoformat(),
                "state": row.state,
                "language": row.language,
                "created_at": row.created_at.isoformat(),
                "ended_at": _moment(row.ended_at),
            }
            for row in Delivery.objects.filter(user_id=user_id)
            .order_by("due_on", "created_at")
            .defer("address", "payload")
        ],
        "devices": [
            {
                "kind": row.channel,
                "address": row.address,
                "platform": row.platform,
                "app_version": row.app_version,
                "locale": row.locale,
                "created_at": row.created_at.isoformat(),
                "refreshed_at": row.refreshed_at.isoformat(),
                "retired_at": _moment(row.retired_at),
            }
            for row in Device.objects.filter(user_id=user_id).order_by("created_at")
        ],
        "inbox": [
            {
                "kind": row.kind,
                "about": row.payload,
                "created_at": row.created_at.isoformat(),
                "read_at": _moment(row.read_at),
            }
            for row in InboxItem.objects.filter(user_id=user_id).order_by("created_at")
        ],
        "choices": [
            {"topic": row.topic, "outlet": row.outlet, "choice": row.choice}
            for row in Preference.objects.filter(user_id=user_id).order_by("topic", "outlet")
        ],
        "quiet_hours": quiet and {"starts_at": f"{quiet.starts_at:%H:%M}", "ends_at": f"{quiet.ends_at:%H:%M}"},
    }


def _moment(value: datetime | None) -> str | None:
    return value.isoformat() if value else None


def erase_member(user_id: UUID) -> None:
    """Forget a member: deliveries, sent or not, devices and settings."""
    for model in _MEMBERS_OWN:
        model._default_manager.filter(user_id=user_id).delete()


def forget_deliveries(*, kind: Kind, subject: str) -> None:
    """Forget the deliveries of one kind about one thing, such as the last mail to a member who is erased."""
    Delivery.objects.filter(kind=kind, subject=subject).delete()
