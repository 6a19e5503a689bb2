"""The outbox as a queue: claim, expire, record. Each is one statement, whatever the size of the chunk.

1. A claim moves due rows from queued to sending, with a lease, and commits. SKIP LOCKED lets several senders claim at
   once; a row whose lease has run out (its sender died) is due again.
2. Nothing is locked while messages are sent.
3. Outcomes are recorded on the condition that the lease is still the one of the claim, so a sender that was too slow
   overwrites nothing.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

import structlog
from django.db import OperationalError, connection, transaction

from notifications.kinds import Channel, Priority
from notifications.models import State

log = structlog.get_logger(__name__)

LEASE = timedelta(seconds=60)
_EXPIRE_AT_ONCE = 5_000
# A database that restarts is back within half a minute; without the record every message would be sent again.
_RECORD_PAUSES = (0.5, 2.0, 5.0, 10.0, 15.0)


@dataclass(frozen=True, slots=True)
class Claimed:
    """One row of a claim. `address` and `payload` are still encrypted; `kind` may be one that only newer code knows."""

    due_on: date
    id: UUID
    user_id: UUID | None
    kind: str
    channel: Channel
    priority: Priority
    subject: str
    target: str
    language: str
    address: str | None
    payload: str | None
    attempts: int
    expires_at: datetime | None
    send_at: datetime


@dataclass(frozen=True, slots=True)
class Outcome:
    """How one claimed delivery went. `send_at`: when to try again, for QUEUED. `counts`: whether it was an attempt."""

    row: Claimed
    state: State
    code: str = ""
    provider_message_id: str = ""
    send_at: datetime | None = None
    counts: bool = True


def database_now() -> datetime:
    """Return the database's clock: the one that all senders share."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        now: datetime = cursor.fetchone()[0]
        return now


_EXPIRE = """
WITH stale AS MATERIALIZED (
    SELECT due_on, id FROM notifications_delivery
    WHERE state IN ('queued', 'sending') AND expires_at IS NOT NULL AND expires_at <= %(now)s
        AND (lease_until IS NULL OR lease_until <= %(now)s)
    ORDER BY expires_at LIMIT %(limit)s FOR UPDATE SKIP LOCKED
), expired AS (
    UPDATE notifications_delivery AS d
    SET state = 'expired', outcome = CASE d.outcome WHEN '' THEN 'expired' ELSE d.outcome END,
        address = NULL, payload = NULL, lease_until = NULL, ended_at = %(now)s
    FROM stale WHERE d.due_on = stale.due_on AND d.id = stale.id
    RETURNING d.kind, d.channel, d.outcome
)
SELECT kind, channel, outcome, count(*) FROM expired GROUP BY 1, 2, 3
"""


def expire_overdue(*, now: datetime) -> dict[tuple[str, str, str], int]:
    """End every open delivery whose time is over, on whatever channel; count them by kind, channel and outcome."""
    with connection.cursor() as cursor:
        cursor.execute(_EXPIRE, {"now": now, "limit": _EXPIRE_AT_ONCE})
        return {(kind, channel, outcome): count for kind, channel, outcome, count in cursor.fetchall()}


_CLAIM = """
WITH due AS MATERIALIZED (
    SELECT due_on, id FROM notifications_delivery
    WHERE state IN ('queued', 'sending') AND channel = %(channel)s AND priority = ANY(%(priorities)s)
        AND coalesce(lease_until, send_at) <= %(now)s AND (expires_at IS NULL OR expires_at > %(now)s)
    ORDER BY priority, coalesce(lease_until, send_at) LIMIT %(limit)s FOR UPDATE SKIP LOCKED
)
UPDATE notifications_delivery AS d
SET state = 'sending', lease_until = %(lease_until)s, attempts = d.attempts + 1
FROM due WHERE d.due_on = due.due_on AND d.id = due.id
RETURNING d.due_on, d.id, d.user_id, d.kind, d.channel, d.priority, d.subject, d.target, d.language, d.address,
    d.payload, d.attempts, d.expires_at, d.send_at
"""


def claim_chunk(
    *, channel: Channel, priorities: Sequence[Priority], limit: int, now: datetime, lease_until: datetime
) -> list[Claimed]:
    """Claim up to `limit` due deliveries of a channel, the most urgent first, and commit."""
    with transaction.atomic(durable=True), connection.cursor() as cursor:
        cursor.execute(
            _CLAIM,
            {
                "channel": channel.value,
                "priorities": [priority.value for priority in priorities],
                "now": now,
                "limit": limit,
                "lease_until": lease_until,
            },
        )
        rows = [_claimed(*row) for row in cursor.fetchall()]
    # RETURNING has no order of its own; ids follow the time of their making.
    return sorted(rows, key=lambda row: (row.priority, row.id))


def _claimed(
    due_on: date, id_: UUID, user_id: UUID | None, kind: str, channel: str, priority: int, *rest: Any
) -> Claimed:
    return Claimed(due_on, id_, user_id, kind, Channel(channel), Priority(priority), *rest)


_RECORD = """
UPDATE notifications_delivery AS d
SET state = o.state, outcome = o.outcome, provider_message_id = o.provider_message_id,
    send_at = coalesce(o.send_at, d.send_at), attempts = d.attempts - o.uncounted, lease_until = NULL,
    address = CASE o.state WHEN 'queued' THEN d.address END,
    payload = CASE o.state WHEN 'queued' THEN d.payload END,
    ended_at = CASE o.state WHEN 'queued' THEN NULL ELSE clock_timestamp() END
FROM unnest(%(days)s::date[], %(ids)s::uuid[], %(states)s::text[], %(codes)s::text[], %(message_ids)s::text[],
    %(moments)s::timestamptz[], %(uncounted)s::smallint[])
    AS o(due_on, id, state, outcome, provider_message_id, send_at, uncounted)
WHERE d.due_on = o.due_on AND d.id = o.id AND d.state = 'sending' AND d.lease_until = %(lease_until)s
"""


def record_outcomes(outcomes: Sequence[Outcome], *, lease_until: datetime) -> int:
    """Write how a claim went; return how many rows were still ours."""
    arguments: dict[str, Any] = {
        "days": [outcome.row.due_on for outcome in outcomes],
        "ids": [outcome.row.id for outcome in outcomes],
        "states": [outcome.state.value for outcome in outcomes],
        "codes": [outcome.code for outcome in outcomes],
        "message_ids": [outcome.provider_message_id[:255] for outcome in outcomes],
        "moments": [outcome.send_at for outcome in outcomes],
        "uncounted": [0 if outcome.counts else 1 for outcome in outcomes],
        "lease_until": lease_until,
    }
    with connection.cursor() as cursor:
        cursor.execute(_RECORD, arguments)
        return int(cursor.rowcount)


def through_a_restart(record: Callable[[], None]) -> None:
    """Run what records a chunk; again if the database is away for a moment: what is not recorded is sent again."""
    for pause in _RECORD_PAUSES:
        try:
            return record()
        except OperationalError as error:
            log.warning("outcomes_not_recorded", error=type(error).__name__)
            connection.close()
            time.sleep(pause)
    return record()
