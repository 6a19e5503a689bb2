"""Trying again what failed for good, and at once what waits for another try. Bounded, and safe to run twice."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, datetime
from functools import partial
from typing import Any
from uuid import UUID

from django.db import connection, transaction

from notifications import queues
from notifications.backlog import RETRIABLE, SHOWN, retriable
from notifications.kinds import Channel, Priority

RETRIED_AT_ONCE = 5_000

_CHOSEN = """
    AND (%(channel)s::text IS NULL OR channel = %(channel)s) AND (%(kind)s::text IS NULL OR kind = %(kind)s)
    AND (%(outcome)s::text IS NULL OR outcome = %(outcome)s)
"""
_RETRY = f"""
WITH chosen AS MATERIALIZED (
    SELECT due_on, id FROM notifications_delivery
    WHERE state = 'failed' AND due_on >= %(since)s AND {RETRIABLE} {_CHOSEN}
        AND (%(ids)s::uuid[] IS NULL OR id = ANY(%(ids)s)) AND (%(user_id)s::uuid IS NULL OR user_id = %(user_id)s)
        AND (%(due_on)s::date IS NULL OR due_on = %(due_on)s)
    ORDER BY due_on DESC, id DESC LIMIT %(limit)s FOR UPDATE SKIP LOCKED
)
UPDATE notifications_delivery AS d SET state = 'queued', attempts = 0, send_at = %(now)s, ended_at = NULL
FROM chosen WHERE d.due_on = chosen.due_on AND d.id = chosen.id
RETURNING d.priority
"""  # noqa: S608 - of our own constants
_HURRY = f"""
WITH chosen AS MATERIALIZED (
    SELECT due_on, id FROM notifications_delivery
    WHERE state = 'queued' AND send_at > %(now)s AND outcome NOT IN ('', 'quiet_hours') {_CHOSEN}
    ORDER BY send_at LIMIT %(limit)s FOR UPDATE SKIP LOCKED
)
UPDATE notifications_delivery AS d SET send_at = %(now)s
FROM chosen WHERE d.due_on = chosen.due_on AND d.id = chosen.id
RETURNING d.priority
"""  # noqa: S608 - of our own constant


def retry_deliveries(
    *,
    now: datetime,
    channel: Channel | None = None,
    kind: str | None = None,
    outcome: str | None = None,
    ids: Collection[UUID] | None = None,
    user_id: UUID | None = None,
    due_on: date | None = None,
    limit: int = RETRIED_AT_ONCE,
) -> int:
    """Queue failed deliveries anew, the newest first, with all their attempts before them; return how many.

    Only those that can still be of use: not expired, with a receiver who is still there, and of a kind whose words an
    app knows again, since a delivery that ended holds none. A code is never among them.
    """
    chosen = {
        "channel": channel and channel.value,
        "kind": kind,
        "outcome": outcome,
        "ids": None if ids is None else list(ids),
        "user_id": user_id,
        "due_on": due_on,
        "since": (now - SHOWN).date(),
        "now": now,
        "limit": limit,
    }
    return _run(_RETRY, chosen | retriable())


def hurry_deliveries(*, now: datetime, channel: Channel, kind: str, outcome: str, limit: int = RETRIED_AT_ONCE) -> int:
    """Try at once what waits for another try for one reason; return how many. Quiet hours are waited out."""
    return _run(_HURRY, {"channel": channel.value, "kind": kind, "outcome": outcome, "now": now, "limit": limit})


def _run(statement: str, values: dict[str, Any]) -> int:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement, values)
        priorities = [Priority(row[0]) for row in cursor.fetchall()]
        for queue, served in queues.PRIORITIES.items():
            if not set(served).isdisjoint(priorities):
                transaction.on_commit(partial(queues.wake, queue))
    return len(priorities)
