"""Putting deliveries into the outbox, in the caller's transaction."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from functools import partial
from typing import Any
from uuid import UUID

from django.db import connection, transaction

from notifications import queues
from notifications.addresses import target_of
from notifications.kinds import PUSH, RULES, Channel, Kind, Priority
from notifications.models import Delivery, Device, State
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
    if channel in PUSH:
        raise ValueError("queue_push knows the devices")
    require_fit(kind, channel, payload, expires_at)
    is_new = _insert(
        {
            "id": uuid7(),
            "due_on": due_on,
            "user_id": user_id,
            "kind": kind.value,
            "channel": channel.value,
            "subject": subject,
            "target": target_of(channel, address),
            "language": language,
            "address": address.strip(),
            "send_at": send_at,
            "expires_at": expires_at,
        },
        payload,
    )
    _wake(kind, is_new and send_at is None)
    return is_new


def queue_push(
    *,
    kind: Kind,
    user_id: UUID,
    subject: str,
    due_on: date,
    language: str = "",
    payload: Mapping[str, Any],
    expires_at: datetime | None = None,
) -> int:
    """Put one delivery for each live device of a member into the outbox; return how many are new.

    Everything is as in queue_delivery, but for the address, which is the device's own when it is sent, and the
    language, which is by default the member's own then. Whether the member wants the kind at all, and wants it at this
    hour, is asked when it is sent.
    """
    kind = Kind(kind)
    made = 0
    for device_id, channel in Device.objects.filter(user_id=user_id, retired_at=None).values_list("id", "channel"):
        require_fit(kind, Channel(channel), payload, expires_at)
        made += _insert(
            {
                "id": uuid7(),
                "due_on": due_on,
                "user_id": user_id,
                "kind": kind.value,
                "channel": channel,
                "subject": subject,
                "target": str(device_id),
                "language": language,
                "address": None,
                "send_at": None,
                "expires_at": expires_at,
            },
            payload,
        )
    _wake(kind, made > 0)
    return made


def forget_push(*, kind: Kind, user_id: UUID, device_id: UUID, due_on: date) -> None:
    """Delete what went to a device, so that it can be queued once more: for trying pushes out, in development."""
    Delivery.objects.filter(
        due_on=due_on, user_id=user_id, kind=kind, target=str(device_id), channel__in=PUSH, ended_at__isnull=False
    ).delete()


def _insert(row: dict[str, Any], payload: Mapping[str, Any]) -> bool:
    """Insert one row, with address and payload sealed for it; say whether it is new."""
    sealed = {"payload": str(_field("payload").seal(row["id"], dict(payload)))}
    if row["address"] is not None:
        sealed["address"] = str(_field("address").seal(row["id"], row["address"]))
    rule = RULES[Kind(row["kind"])]
    with connection.cursor() as cursor:
        cursor.execute(_INSERT, {**row, **sealed, "priority": rule.priority.value, "state": State.QUEUED.value})
        return bool(cursor.rowcount == 1)


def _wake(kind: Kind, is_due: bool) -> None:
    if is_due and RULES[kind].priority == Priority.URGENT:
        transaction.on_commit(partial(queues.wake, queues.URGENT))


def _field(name: str) -> EncryptedTextField:
    field = Delivery._meta.get_field(name)
    assert isinstance(field, EncryptedTextField)  # noqa: S101 - tells mypy what the model says
    return field


def require_fit(kind: Kind, channel: Channel | None, payload: Mapping[str, Any], expires_at: datetime | None) -> None:
    """Raise ValueError, naming fields and never values, if the parts of a delivery do not belong together."""
    rule = RULES[kind]
    if channel is not None and channel not in rule.channels:
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
