"""The inbox: what a member was told, to be read again."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from django.db.models.functions import Now

from notifications.kinds import PUSH, RULES, Kind
from notifications.models import InboxItem
from notifications.services.deliveries import queue_push, require_fit
from numerai.api.exceptions import NotFound

KEEP = timedelta(days=180)
_DELETE_AT_ONCE = 5_000


def tell_member(
    *,
    kind: Kind,
    user_id: UUID,
    subject: str,
    due_on: date,
    payload: Mapping[str, Any],
    expires_at: datetime | None = None,
) -> bool:
    """Put something into a member's inbox and push it to their devices; say whether it is new in the inbox.

    In the caller's transaction, and once for one kind and subject, however often it is called. Mail is queued apart
    (queue_delivery): it may go to an address that the account no longer has.
    """
    require_fit(kind, None, payload, expires_at)
    _, is_new = InboxItem.objects.get_or_create(  # type: ignore[misc]  # the field takes JSON
        user_id=user_id, kind=kind.value, subject=subject, defaults={"payload": dict(payload)}
    )
    if RULES[kind].channels & PUSH:
        queue_push(kind=kind, user_id=user_id, subject=subject, due_on=due_on, payload=payload, expires_at=expires_at)
    return is_new


def mark_read(*, user_id: UUID, item_id: UUID) -> None:
    """Mark one item as read; the first time counts. Raises NotFound."""
    mine = InboxItem.objects.filter(pk=item_id, user_id=user_id)
    if not mine.filter(read_at=None).update(read_at=Now()) and not mine.exists():
        raise NotFound


def mark_all_read(*, user_id: UUID) -> int:
    """Mark everything as read; return how many items were not."""
    return InboxItem.objects.filter(user_id=user_id, read_at=None).update(read_at=Now())


def delete_item(*, user_id: UUID, item_id: UUID) -> None:
    """Delete one item. Raises NotFound."""
    if not InboxItem.objects.filter(pk=item_id, user_id=user_id).delete()[0]:
        raise NotFound


def purge_inboxes(*, now: datetime) -> int:
    """Delete what is older than 180 days, some thousands at a time; return how many. Safe to run twice."""
    deleted = 0
    old = InboxItem.objects.filter(created_at__lt=now - KEEP).order_by("created_at")
    while ids := list(old.values_list("pk", flat=True)[:_DELETE_AT_ONCE]):
        deleted += InboxItem.objects.filter(pk__in=ids).delete()[0]
    return deleted
