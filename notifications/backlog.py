"""What is open and what failed, by kind, channel and reason, for staff: counted to a limit, however much there is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import connection

from notifications.channels import CHANNELS
from notifications.kinds import Channel, Kind, Priority
from notifications.models import ChannelSwitch, State
from notifications.sources import list_kinds_with_source

# Of each channel and priority, and of the failures, no more rows than these are looked at.
LOOKED_AT = 10_000
# So far back failures are shown and tried again.
SHOWN = timedelta(days=7)
# Open and due for longer than this, on a channel that sends: somebody should look.
LATE = {Priority.URGENT: timedelta(minutes=2)}
LATE_OTHERWISE = timedelta(minutes=15)
# As staff call them.
CHANNEL_NAMES = {
    Channel.EMAIL: "E-mail",
    Channel.SMS: "Text messages",
    Channel.FCM: "Pushes to apps",
    Channel.WEBPUSH: "Pushes to browsers",
}
# The receiver is gone: another try would end in the same way.
GONE = (
    "device_gone", "unregistered", "sender_id_mismatch", "invalid_token", "subscription_gone", "endpoint_not_allowed",
    "address_refused", "address_not_supported",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Open:
    """What is open of one kind, channel and reason. `outcome` is the last try's, empty if there was none.

    `is_at_least`: more rows are open than were looked at. `oldest_at`: since when the oldest is due.
    """

    channel: Channel
    priority: Priority
    kind: str
    outcome: str
    count: int
    due: int
    sending: int
    postponed: int
    oldest_at: datetime | None
    is_at_least: bool

    def is_late(self, *, now: datetime) -> bool:
        return self.oldest_at is not None and now - self.oldest_at > LATE.get(self.priority, LATE_OTHERWISE)


@dataclass(frozen=True, slots=True)
class Dead:
    """What ended unsent, of one kind, channel and reason. `retriable`: how many of them may be tried again."""

    channel: Channel
    kind: str
    state: State
    outcome: str
    count: int
    newest_at: datetime
    retriable: int


@dataclass(frozen=True, slots=True)
class ChannelNow:
    """One channel: whether it sends, since when and why not, and what waits on it."""

    channel: Channel
    is_configured: bool
    is_on: bool
    reason: str
    changed_at: datetime | None
    urgent: int
    other: int
    is_at_least: bool
    oldest_at: datetime | None

    @property
    def sends(self) -> bool:
        return self.is_configured and self.is_on


_OPEN = """
SELECT c.channel, p.priority, found.*
FROM unnest(%(channels)s::text[]) WITH ORDINALITY AS c(channel, place)
CROSS JOIN unnest(%(priorities)s::smallint[]) AS p(priority)
CROSS JOIN LATERAL (
    SELECT kind, outcome, count(*), count(*) FILTER (WHERE send_at <= %(now)s),
        count(*) FILTER (WHERE state = 'sending'),
        count(*) FILTER (WHERE state = 'queued' AND send_at > %(now)s AND outcome NOT IN ('', 'quiet_hours')),
        min(send_at) FILTER (WHERE send_at <= %(now)s), sum(count(*)) OVER () >= %(limit)s
    FROM (
        SELECT kind, outcome, state, send_at FROM notifications_delivery
        WHERE state IN ('queued', 'sending') AND channel = c.channel AND priority = p.priority
        ORDER BY coalesce(lease_until, send_at) LIMIT %(limit)s
    ) AS looked_at
    GROUP BY kind, outcome
) AS found
ORDER BY c.place, p.priority, found.kind, found.outcome
"""
# May be tried again: its time is not over, its receiver is there, and an app still knows what it said.
RETRIABLE = """
    (expires_at IS NULL OR expires_at > %(now)s) AND kind = ANY(%(kinds)s) AND outcome <> ALL(%(gone)s)
    AND (channel = ANY(%(push)s) OR target = 'member')
"""
_DEAD = f"""
SELECT channel, kind, state, outcome, count(*), max(ended_at), count(*) FILTER (WHERE state = 'failed' AND {RETRIABLE})
FROM (
    SELECT channel, kind, state, outcome, ended_at, expires_at, target FROM notifications_delivery
    WHERE state IN ('failed', 'expired') AND due_on >= %(since)s
    ORDER BY due_on DESC, id DESC LIMIT %(limit)s
) AS looked_at
GROUP BY 1, 2, 3, 4 ORDER BY 3 DESC, 5 DESC, 1, 2, 4
"""  # noqa: S608 - of our own constant

_RETRIABLE_MEMBERS = f"""
SELECT DISTINCT user_id FROM notifications_delivery
WHERE state = 'failed' AND due_on = %(due_on)s AND kind = %(kind)s AND user_id = ANY(%(user_ids)s) AND {RETRIABLE}
"""  # noqa: S608 - of our own constant


def list_open(*, now: datetime, limit: int = LOOKED_AT) -> list[Open]:
    """Return what waits or is being sent; one query, which reads no more than `limit` rows a channel and priority."""
    rows = _rows(
        _OPEN,
        {"channels": Channel.values, "priorities": Priority.values, "now": now, "limit": limit},
    )
    return [Open(Channel(row[0]), Priority(row[1]), *row[2:]) for row in rows]


def list_dead(*, now: datetime, limit: int = LOOKED_AT) -> list[Dead]:
    """Return what failed for good or expired within SHOWN, the newest `limit` rows of it; one query."""
    rows = _rows(_DEAD, {"since": (now - SHOWN).date(), "now": now, "limit": limit, **retriable()})
    return [Dead(Channel(row[0]), row[1], State(row[2]), *row[3:]) for row in rows]


def list_retriable(*, kind: Kind, due_on: date, user_ids: Sequence[UUID], now: datetime) -> set[UUID]:
    """Return those of some members who have a failed delivery of a kind and day that may be tried again; one query."""
    sought = {"kind": kind.value, "due_on": due_on, "user_ids": list(user_ids), "now": now}
    return {row[0] for row in _rows(_RETRIABLE_MEMBERS, sought | retriable())}


def retriable() -> dict[str, Any]:
    """Return the values of RETRIABLE."""
    kinds = [kind.value for kind in list_kinds_with_source()]
    return {"kinds": kinds, "gone": list(GONE), "push": [Channel.FCM.value, Channel.WEBPUSH.value]}


def list_channels(*, now: datetime, opened: Sequence[Open] | None = None) -> list[ChannelNow]:
    """Return every channel; two queries, one if what is open is known already."""
    opened = list_open(now=now) if opened is None else opened
    switches = {switch.channel: switch for switch in ChannelSwitch.objects.all()}
    return [_channel(channel, switches.get(channel), opened) for channel in Channel]


def _channel(channel: Channel, switch: ChannelSwitch | None, opened: Sequence[Open]) -> ChannelNow:
    mine = [row for row in opened if row.channel == channel]
    urgent = sum(row.count for row in mine if row.priority == Priority.URGENT)
    return ChannelNow(
        channel=channel,
        is_configured=CHANNELS[channel].is_configured(),
        is_on=switch is None or switch.is_on,
        reason=switch.reason if switch else "",
        changed_at=switch.changed_at if switch else None,
        urgent=urgent,
        other=sum(row.count for row in mine) - urgent,
        is_at_least=any(row.is_at_least for row in mine),
        oldest_at=min((row.oldest_at for row in mine if row.oldest_at), default=None),
    )


def _rows(statement: str, values: dict[str, Any]) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        found: list[tuple[Any, ...]] = cursor.fetchall()
    return found
