"""How the outbox is doing: what waits and since when, and how the deliveries of the last minutes ended."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

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
