"""What this app gives out and forgets about a member (numerai/hooks.py)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import models
from django.db.models import Q

from notifications.inbox_texts import payloads_of_items
from notifications.kinds import Kind
from notifications.letters import FALLBACK
from notifications.models import Broadcast, BroadcastRecipient, Delivery, Device, InboxItem, Preference, QuietHours
from notifications.services.broadcasts import forget_person

_MEMBERS_OWN: tuple[type[models.Model], ...] = (
    BroadcastRecipient,
    Delivery,
    Device,
    InboxItem,
    Preference,
    QuietHours,
)


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
                "about": payload,
                "created_at": row.created_at.isoformat(),
                "read_at": _moment(row.read_at),
            }
            for row, payload in payloads_of_items(
                InboxItem.objects.filter(user_id=user_id).order_by("created_at"), language=FALLBACK
            )
        ],
        "choices": [
            {"topic": row.topic, "outlet": row.outlet, "choice": row.choice}
            for row in Preference.objects.filter(user_id=user_id).order_by("topic", "outlet")
        ],
        "broadcasts": [
            {"broadcast": str(broadcast_id)}
            for broadcast_id in BroadcastRecipient.objects.filter(user_id=user_id)
            .order_by("broadcast_id")
            .values_list("broadcast_id", flat=True)
        ],
        "broadcasts_written": [
            {"broadcast": str(row.pk), "wrote": row.changed_by == user_id, "scheduled": row.scheduled_by == user_id}
            for row in Broadcast.objects.filter(Q(changed_by=user_id) | Q(scheduled_by=user_id)).order_by("pk")
        ],
        "quiet_hours": quiet and {"starts_at": f"{quiet.starts_at:%H:%M}", "ends_at": f"{quiet.ends_at:%H:%M}"},
    }


def _moment(value: datetime | None) -> str | None:
    return value.isoformat() if value else None


def erase_member(user_id: UUID) -> None:
    """Forget a member: deliveries, sent or not, devices and settings."""
    for model in _MEMBERS_OWN:
        model._default_manager.filter(user_id=user_id).delete()
    forget_person(user_id)


def forget_deliveries(*, kind: Kind, subject: str) -> None:
    """Forget the deliveries of one kind about one thing, such as the last mail to a member who is erased."""
    Delivery.objects.filter(kind=kind, subject=subject).delete()
