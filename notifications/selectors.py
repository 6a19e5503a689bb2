"""What the other apps may ask."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

from django.db.models import Count, QuerySet
from django.db.models.functions import TruncHour

from notifications.addresses import target_of
from notifications.channels import CHANNELS
from notifications.kinds import CHOICES, Channel, Choice, Kind, Outlet, Topic
from notifications.models import (
    DEAD_STATES,
    OPEN_STATES,
    ChannelSwitch,
    Delivery,
    Device,
    InboxItem,
    Preference,
    QuietHours,
    State,
    SuppressedAddress,
)


def is_channel_on(*, channel: Channel) -> bool:
    """Say whether a channel has its settings and nobody has switched it off."""
    return CHANNELS[channel].is_configured() and not ChannelSwitch.objects.filter(channel=channel, is_on=False).exists()


def can_deliver(*, channel: Channel, address: str) -> bool:
    """Say whether a message to this address would go now: the channel is on and its rules allow the address.

    For text messages that means a country of SMS_COUNTRIES. Says nothing about suppression, which would tell a
    stranger about somebody else's address.
    """
    return CHANNELS[channel].may_reach(address) and is_channel_on(channel=channel)


def list_suppressions(addresses: Iterable[tuple[Channel, str]]) -> list[dict[str, Any]]:
    """Return which of a member's own addresses get nothing more, since when and why, for the member's export."""
    found = []
    for channel, address in addresses:
        rows = SuppressedAddress.objects.filter(channel=channel, target=target_of(channel, address))
        found += [
            {"channel": row.channel, "reason": row.reason, "created_at": row.created_at.isoformat()} for row in rows
        ]
    return found


def has_open_delivery(*, kind: Kind, subject: str) -> bool:
    """Say whether a delivery of this kind about this thing is still to be sent."""
    return Delivery.objects.filter(kind=kind, subject=subject, state__in=OPEN_STATES).exists()


def has_device(*, user_id: UUID, device_id: UUID) -> bool:
    """Say whether this is one of a member's live devices."""
    return Device.objects.filter(pk=device_id, user_id=user_id, retired_at=None).exists()


def get_push(*, kind: Kind, user_id: UUID, device_id: UUID, due_on: date) -> Delivery | None:
    """Return the newest push of a kind and day to one of a member's devices, without what it says."""
    rows = Delivery.objects.filter(due_on=due_on, user_id=user_id, kind=kind, target=str(device_id))
    return rows.defer("address", "payload").order_by("-created_at").first()


def list_devices(*, user_id: UUID) -> QuerySet[Device]:
    """Return a member's live devices, the one refreshed last first."""
    return Device.objects.filter(user_id=user_id, retired_at=None).order_by("-refreshed_at", "-pk").defer("address")


def list_inbox(*, user_id: UUID) -> QuerySet[InboxItem]:
    """Return what a member was told; the API orders it, the newest first."""
    return InboxItem.objects.filter(user_id=user_id)


def count_unread(*, user_id: UUID) -> int:
    """Return how many items of a member's inbox are not read."""
    return InboxItem.objects.filter(user_id=user_id, read_at=None).count()


def get_settings(*, user_id: UUID) -> dict[str, Any]:
    """Return every choice of a member, the defaults where they made none, and the quiet hours or None."""
    choices: dict[str, dict[str, Choice]] = {topic.value: {} for topic in Topic}
    for (topic, outlet), rule in CHOICES.items():
        choices[topic.value][outlet.value] = rule.default
    for row in Preference.objects.filter(user_id=user_id):
        # Rows of topics that only newer code knows stay unseen.
        if row.topic in choices:
            choices[row.topic][Outlet(row.outlet).value] = Choice(row.choice)
    return {"choices": choices, "quiet_hours": QuietHours.objects.filter(user_id=user_id).first()}


def count_deliveries(*, kind: Kind, due_on: date) -> dict[tuple[Channel, State], int]:
    """Return how many deliveries of a kind and day are in which state, by channel."""
    rows = Delivery.objects.filter(kind=kind, due_on=due_on).values_list("channel", "state")
    return {(Channel(channel), State(state)): count for channel, state, count in rows.annotate(Count("pk")).order_by()}


def list_states(*, kind: Kind, due_on: date, user_ids: Collection[UUID]) -> dict[UUID, list[tuple[str, str, str]]]:
    """Return channel, state and outcome of each delivery of a kind and day, by member."""
    found: dict[UUID, list[tuple[str, str, str]]] = {}
    rows = Delivery.objects.filter(kind=kind, due_on=due_on, user_id__in=user_ids).order_by("pk")
    for row in rows.only("user_id", "channel", "state", "outcome"):
        if row.user_id is not None:
            found.setdefault(row.user_id, []).append((row.channel, row.state, row.outcome))
    return found


def count_ended_by_hour(
    *, kind: Kind, due_on: tuple[date, date], since: datetime, until: datetime
) -> tuple[Counter[datetime], Counter[datetime]]:
    """Return how many deliveries of a kind were sent, and how many failed or expired, by the hour of their end."""
    rows = Delivery.objects.filter(kind=kind, due_on__range=due_on, ended_at__gte=since, ended_at__lt=until)
    sent: Counter[datetime] = Counter()
    unsent: Counter[datetime] = Counter()
    by_hour = rows.annotate(hour=TruncHour("ended_at", tzinfo=UTC)).values_list("hour", "state")
    for hour, state, count in by_hour.annotate(Count("pk")).order_by():
        if state == State.SENT:
            sent[hour] += count
        elif state in DEAD_STATES:
            unsent[hour] += count
    return sent, unsent


def list_members_unsent(*, kind: Kind, due_on: date, after: UUID | None, limit: int) -> list[UUID]:
    """Return members with a delivery of a kind and day that failed or expired, in the order of their ids."""
    rows = Delivery.objects.filter(kind=kind, due_on=due_on, state__in=DEAD_STATES, user_id__isnull=False)
    if after is not None:
        rows = rows.filter(user_id__gt=after)
    return list(rows.order_by("user_id").values_list("user_id", flat=True).distinct()[:limit])  # type: ignore[arg-type]
