"""How the outbox is doing: what waits and since when, and how the deliveries of the last minutes ended."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import connection

from notifications.kinds import Channel, Priority

# A delivery that ended in the window was due on one of the days around it, in whatever time zone.
_DAYS_AROUND = timedelta(days=2)


@dataclass(frozen=True, slots=True)
class Waiting:
    """What is open on one channel. `late`: for how long the oldest has been due; None if none is."""

    channel: Channel
    priority: Priority
    queued: int
    sending: int
    late: timedelta | None


@dataclass(frozen=True, slots=True)
class Backlog:
    """What is due of one class and not sent. `late`: for how long the first has been due; None if nothing is due."""

    channel: Channel
    priority: Priority
    due: int
    late: timedelta | None


@dataclass(frozen=True, slots=True)
class Ended:
    """How deliveries of one kind ended. The latencies are of those sent at the first attempt, from due to recorded."""

    kind: str
    channel: Channel
    state: str
    outcome: str
    count: int
    median: timedelta | None
    slowest_twentieth: timedelta | None


_WAITING = """
SELECT channel, priority, count(*) FILTER (WHERE state = 'queued'), count(*) FILTER (WHERE state = 'sending'),
    %(now)s - min(send_at) FILTER (WHERE send_at <= %(now)s)
FROM notifications_delivery WHERE state IN ('queued', 'sending') GROUP BY 1, 2 ORDER BY 1, 2
"""
# A row whose lease has run out is due since then.
_BACKLOG = """
SELECT channel, priority, due.count, %(now)s - due.oldest
FROM unnest(%(channels)s::text[]) AS channel CROSS JOIN unnest(%(priorities)s::smallint[]) AS priority
CROSS JOIN LATERAL (
    SELECT count(*) AS count, min(due_again) AS oldest FROM (
        SELECT coalesce(lease_until, send_at) AS due_again FROM notifications_delivery AS d
        WHERE state IN ('queued', 'sending') AND d.channel = channel.channel AND d.priority = priority.priority
            AND coalesce(lease_until, send_at) <= %(now)s
        ORDER BY coalesce(lease_until, send_at) LIMIT %(most)s
    ) AS first
) AS due
"""
_LATENCY = "WITHIN GROUP (ORDER BY ended_at - send_at) FILTER (WHERE state = 'sent' AND attempts = 1)"
_ENDED = f"""
SELECT kind, channel, state, outcome, count(*), percentile_cont(0.5) {_LATENCY}, percentile_cont(0.95) {_LATENCY}
FROM notifications_delivery
WHERE due_on BETWEEN %(first_day)s AND %(last_day)s AND ended_at > %(since)s
GROUP BY 1, 2, 3, 4 ORDER BY 1, 2, 5 DESC
"""  # noqa: S608 - of our own constant


def list_waiting(*, now: datetime) -> list[Waiting]:
    """Return what is open, by channel and priority."""
    with connection.cursor() as cursor:
        cursor.execute(_WAITING, {"now": now})
        return [
            Waiting(Channel(channel), Priority(priority), queued, sending, late)
            for channel, priority, queued, sending, late in cursor.fetchall()
        ]


def list_backlog(*, now: datetime, most: int) -> list[Backlog]:
    """Return what is due and not sent, for every channel and priority, counted up to `most`.

    From the index of the claim: it costs no more the longer the backlog is.
    """
    arguments: dict[str, Any] = {
        "now": now, "most": most, "channels": Channel.values, "priorities": Priority.values,
    }  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute(_BACKLOG, arguments)
        return [
            Backlog(Channel(channel), Priority(priority), due, late)
            for channel, priority, due, late in cursor.fetchall()
        ]


def list_ended(*, now: datetime, window: timedelta) -> list[Ended]:
    """Return how deliveries ended within a window of minutes or hours. Reads all rows of the days around it."""
    arguments = {
        "since": now - window,
        "first_day": (now - window - _DAYS_AROUND).date(),
        "last_day": (now + _DAYS_AROUND).date(),
    }
    with connection.cursor() as cursor:
        cursor.execute(_ENDED, arguments)
        return [
            Ended(kind, Channel(channel), state, outcome, count, median, slow)
            for kind, channel, state, outcome, count, median, slow in cursor.fetchall()
        ]
