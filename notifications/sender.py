"""Sends what is due. Called by the task, and by tests and commands that want it done now."""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog
from django.db import transaction

from notifications import counts, queues
from notifications.channels import CHANNELS
from notifications.channels.base import DeliveryChannel
from notifications.claims import (
    LEASE,
    Claimed,
    claim_chunk,
    database_now,
    expire_overdue,
    record_outcomes,
    through_a_restart,
)
from notifications.kinds import Channel
from notifications.models import ChannelSwitch, State, SuppressedAddress
from notifications.preparing import prepare
from notifications.rounds import Round
from notifications.services.devices import retire_devices

log = structlog.get_logger(__name__)

# Urgent chunks are small: what comes in while one is sent waits for it.
URGENT_CHUNK = 50
# No message is begun later than this after the claim, so that a living sender never outlasts its lease.
SENDING_WINDOW = timedelta(seconds=25)


@dataclass(slots=True)
class Result:
    """What one round did. `has_more`: a chunk was full, so there may be more. `retry_in`: the shortest pause."""

    sent: int = 0
    ended: int = 0
    postponed: int = 0
    has_more: bool = False
    retry_in: float | None = None


def send_due(*, queue: str, now: datetime | None = None, limit: int | None = None) -> Result:
    """Send one chunk of what is due on each channel that is on; return what came of it.

    `now` is the database's clock if left out. Safe to run twice and by any number of senders at once. What a sender
    that dies leaves behind is claimed again when the lease ends, and may then be sent a second time.
    """
    started = time.monotonic()
    begun_at = now or database_now()

    def clock() -> datetime:
        return begun_at + timedelta(seconds=time.monotonic() - started)

    result = Result()
    counts.count_expired(expire_overdue(now=begun_at))
    off = set(ChannelSwitch.objects.filter(is_on=False).values_list("channel", flat=True))
    for channel, by in CHANNELS.items():
        if channel in off or not by.is_configured():
            continue
        size = limit or (URGENT_CHUNK if queue == queues.URGENT else by.chunk_size)
        claimed_at = clock()
        lease_until = claimed_at + LEASE
        rows = claim_chunk(
            channel=channel,
            priorities=queues.PRIORITIES[queue],
            limit=size,
            now=claimed_at,
            lease_until=lease_until,
        )
        if rows:
            this = Round(clock=clock, until=claimed_at + SENDING_WINDOW)
            _send_chunk(channel, by, rows, this=this)
            _record(this, channel, claimed_at, lease_until, result)
            result.has_more |= len(rows) == size and not this.is_channel_down
    return result


def _record(this: Round, channel: Channel, claimed_at: datetime, lease_until: datetime, result: Result) -> None:
    def write() -> None:
        # Together, or a sender that dies in between leaves a device that is gone, and nothing that says so.
        with transaction.atomic():
            record_outcomes(this.outcomes, lease_until=lease_until)
            if this.suppressed:
                SuppressedAddress.objects.bulk_create(
                    [SuppressedAddress(channel=channel, target=to, reason=why) for to, why in this.suppressed.items()],
                    ignore_conflicts=True,
                )
            if this.retired:
                retire_devices(this.retired, known_at=claimed_at)

    through_a_restart(write)
    counts.count_round(this, channel=channel, at=this.clock())
    states = [outcome.state for outcome in this.outcomes]
    result.sent += states.count(State.SENT)
    result.postponed += states.count(State.QUEUED)
    result.ended += len(states) - states.count(State.SENT) - states.count(State.QUEUED)
    if this.pauses:
        result.retry_in = min(this.pauses + ([result.retry_in] if result.retry_in is not None else []))
    for outcome in this.outcomes:
        if outcome.state in (State.FAILED, State.SUPPRESSED, State.EXPIRED):
            log.info("delivery_ended", delivery=str(outcome.row.id), kind=outcome.row.kind, code=outcome.code)
    if this.is_channel_down:
        log.error("channel_down", channel=channel.value, codes=sorted({o.code for o in this.outcomes if o.code}))


def _send_chunk(channel: Channel, by: DeliveryChannel, rows: list[Claimed], *, this: Round) -> None:
    """Send a claimed chunk, noting in `this` how each row went. The network is reached with nothing locked.

    1. Rows that must not go are set aside, the rest are put into words (preparing.py).
    2. The channel refuses what is over its limits.
    3. It sends the others until all are done or the window closes.
    """
    messages = prepare(rows, channel=channel, this=this)
    refused = by.admit([message for message, _ in messages], today=this.clock().date())
    for message, row in messages:
        if message.id in refused:
            this.refuse(row, refused[message.id])
        else:
            this.add(message, row)
    if len(this):
        by.send_all(this, count=len(this))
    this.close()
