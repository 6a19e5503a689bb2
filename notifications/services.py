"""What the other apps may do here: queue a delivery, stop and start channels and addresses, forget a member."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from functools import partial
from typing import Any
from uuid import UUID

from django.db import connection, transaction

from notifications import queues
from notifications.addresses import target_of
from notifications.kinds import RULES, Channel, Kind, Priority
from notifications.models import ChannelSwitch, Delivery, State, SuppressedAddress, SuppressionReason
from numerai.crypto import EncryptedTextField
from numerai.db import uuid7

_INSERT = """
INSERT INTO notifications_delivery (
    id, due_on, user_id, kind, channel, priority, subject, target, language, address, payload,
    state, attempts, send_at, expires_at, outcome, provider_message_id
) VALUES (
    %(id)s, %(due_on)s, %(user_id)s, %(kind)s, %(channel)s, %(priority)s, %(subject)s, %(target)s, %(language)s,
    %(address)s, %(payload)s, %(state)s, 0, coalesce(%(send_at)s, statement_timestamp()), %(expires_at)s, '', ''
)
ON CONFLICT DO NOTHING
"""


def queue_delivery(
    *,
    kind: Kind,
    channel: Channel,
    user_id: UUID | None,
    address: str,
    subject: str,
    due_on: date,
    language: str = "en",
    payload: Mapping[str, Any],
    expires_at: datetime | None = None,
    send_at: datetime | None = None,
) -> bool:
    """Put one delivery into the outbox, in the caller's transaction; say whether it is new.

    `subject` is what the message is about (the id of a code, a session, an export), not its subject line, and `due_on`
    a day that belongs to that subject (the day the code was made), never the day of the call: together with the member,
    the kind and the address they make the delivery unique, so asking twice sends once.
    `address` is an e-mail address or a number in E.164 form. `payload` holds what the kind needs (notifications.kinds),
    as strings, numbers and ISO 8601 text. Both are kept encrypted and emptied when the delivery ends.
    `send_at` is now if left out. After `expires_at` the delivery is never sent; kinds that go stale require it.
    Urgent kinds wake their sender when the transaction is committed; the others wait for the timetable, a minute at
    most. Raises ValueError for a kind, channel or payload that do not belong together: a mistake in the caller.
    """
    kind, channel = Kind(kind), Channel(channel)
    _require_fit(kind, channel, payload, expires_at)
    rule = RULES[kind]
    row_id = uuid7()
    with connection.cursor() as cursor:
        cursor.execute(
            _INSERT,
            {
                "id": row_id,
                "due_on": due_on,
                "user_id": user_id,
                "kind": kind.value,
                "channel": channel.value,
                "priority": rule.priority.value,
                "subject": subject,
                "target": target_of(channel, address),
                "language": language,
                "address": str(_field("address").seal(row_id, address.strip())),
                "payload": str(_field("payload").seal(row_id, dict(payload))),
                "state": State.QUEUED.value,
                "send_at": send_at,
                "expires_at": expires_at,
            },
        )
        is_new = bool(cursor.rowcount == 1)
    if is_new and rule.priority == Priority.URGENT and send_at is None:
        transaction.on_commit(partial(queues.wake, queues.URGENT))
    return is_new


def _field(name: str) -> EncryptedTextField:
    field = Delivery._meta.get_field(name)
    assert isinstance(field, EncryptedTextField)  # noqa: S101 - tells mypy what the model says
    return field


def _require_fit(kind: Kind, channel: Channel, payload: Mapping[str, Any], expires_at: datetime | None) -> None:
    """Raise ValueError, naming fields and never values, if the parts of a delivery do not belong together."""
    rule = RULES[kind]
    if channel not in rule.channels:
        raise ValueError(f"{kind.value} does not go by {channel.value}")
    if rule.goes_stale and expires_at is None:
        raise ValueError(f"{kind.value} needs expires_at")
    missing, unknown = rule.needs - set(payload), set(payload) - rule.needs - rule.may_have
    if missing or unknown:
        raise ValueError(f"the payload of {kind.value} lacks {sorted(missing)} and does not know {sorted(unknown)}")
    for name, words in rule.choices:
        if payload[name] not in words.values:
            raise ValueError(f"{name} of {kind.value} takes one of {words.values}")
    for name, value in payload.items():
        if name.endswith("_at") and datetime.fromisoformat(value).tzinfo is None:
            raise ValueError(f"{name} of {kind.value} needs a time zone")
        if name.endswith("_on"):
            date.fromisoformat(value)


def suppress_address(*, channel: Channel, address: str, reason: SuppressionReason) -> bool:
    """Send nothing more to an address; say whether that is new. What is queued for it ends as suppressed."""
    _, is_new = SuppressedAddress.objects.get_or_create(
        channel=channel, target=target_of(channel, address), defaults={"reason": reason}
    )
    return is_new


def lift_suppression(*, channel: Channel, address: str) -> bool:
    """Send to an address again; say whether it was suppressed."""
    return bool(SuppressedAddress.objects.filter(channel=channel, target=target_of(channel, address)).delete()[0])


def set_channel_switch(*, channel: Channel, is_on: bool) -> None:
    """Stop or start a channel. What is queued waits while it is off; what is being sent at this moment still goes."""
    ChannelSwitch.objects.update_or_create(channel=channel, defaults={"is_on": is_on})
    if is_on:
        for queue in queues.PRIORITIES:
            transaction.on_commit(partial(queues.wake, queue))


def export_member(user_id: UUID) -> Mapping[str, Any]:
    """Return what was sent to a member and when, as far as it is still known. Addresses and texts are not kept."""
    rows = Delivery.objects.filter(user_id=user_id).order_by("due_on", "created_at")
    return {
        "deliveries": [
            {
                "kind": row.kind,
                "channel": row.channel,
                "due_on": row.due_on.isoformat(),
                "state": row.state,
                "language": row.language,
                "created_at": row.created_at.isoformat(),
                "ended_at": row.ended_at and row.ended_at.isoformat(),
            }
            for row in rows.defer("address", "payload")
        ]
    }


def erase_member(user_id: UUID) -> None:
    """Forget every delivery to a member, sent or not."""
    Delivery.objects.filter(user_id=user_id).delete()


def forget_address(*, channel: Channel, address: str) -> None:
    """Forget everything about an address whose owner is erased: deliveries to it, and that it was stopped."""
    target = target_of(channel, address)
    Delivery.objects.filter(channel=channel, target=target).delete()
    SuppressedAddress.objects.filter(channel=channel, target=target).delete()
