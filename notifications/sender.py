"""Sends what is due. Called by the task, and by tests and commands that want it done now."""

from __future__ import annotations

import math
import random
import time
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import structlog

from notifications import queues
from notifications.channels import CHANNELS
from notifications.channels.base import DeliveryChannel, DeliveryError, Message
from notifications.claims import LEASE, Claimed, Outcome, claim_chunk, database_now, expire_overdue, record_outcomes
from notifications.kinds import Channel, Priority
from notifications.letters import LetterNotWritten, render_letter
from notifications.models import ChannelSwitch, Delivery, State, SuppressedAddress, SuppressionReason
from numerai.crypto import CryptoError, EncryptedTextField

log = structlog.get_logger(__name__)

CHUNK = {queues.URGENT: 50, queues.ORDINARY: 200}
# No message is begun later than this after the claim, so that a living sender never outlasts its lease.
SENDING_WINDOW = timedelta(seconds=25)
# One connection is worth opening for this many messages.
_MESSAGES_A_CONNECTION = 5
MAX_ATTEMPTS = 8
# Seconds: the first pause, doubled with each attempt, up to the longest.
_FIRST_PAUSE = {Priority.URGENT: 4.0}
_FIRST_PAUSE_OTHERWISE = 60.0
_LONGEST_PAUSE = 3_600.0
# While a provider is down, it is asked this often.
_DOWN_PAUSE = {Priority.URGENT: 10.0}
_DOWN_PAUSE_OTHERWISE = 60.0

Clock = Callable[[], datetime]


@dataclass(slots=True)
class Result:
    """What one round did. `has_more`: a chunk was full, so there may be more. `retry_in`: the shortest pause."""

    sent: int = 0
    ended: int = 0
    postponed: int = 0
    has_more: bool = False
    retry_in: float | None = None


@dataclass(slots=True)
class _Round:
    """The outcomes of one chunk while they come in, from several threads."""

    outcomes: list[Outcome] = field(default_factory=list)
    suppressed: list[tuple[Claimed, SuppressionReason]] = field(default_factory=list)
    pauses: list[float] = field(default_factory=list)
    is_channel_down: bool = False


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
    expire_overdue(now=begun_at)
    off = set(ChannelSwitch.objects.filter(is_on=False).values_list("channel", flat=True))
    for channel, by in CHANNELS.items():
        if channel in off or not by.is_configured():
            continue
        size = limit or CHUNK[queue]
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
            this = _send_chunk(channel, by, rows, clock=clock, until=claimed_at + SENDING_WINDOW)
            _record(this, channel, lease_until, result)
            result.has_more |= len(rows) == size and not this.is_channel_down
    return result


def _record(this: _Round, channel: Channel, lease_until: datetime, result: Result) -> None:
    record_outcomes(this.outcomes, lease_until=lease_until)
    if this.suppressed:
        SuppressedAddress.objects.bulk_create(
            [SuppressedAddress(channel=channel, target=row.target, reason=reason) for row, reason in this.suppressed],
            ignore_conflicts=True,
        )
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


def _send_chunk(
    channel: Channel, by: DeliveryChannel, rows: Sequence[Claimed], *, clock: Clock, until: datetime
) -> _Round:
    """Send a claimed chunk and return how each row went. The network is reached with nothing locked.

    1. Rows that must not go are set aside: suppressed, unreadable, tried too often.
    2. The rest are rendered, and the channel refuses what is over its limits.
    3. A few threads send, each with a connection of its own, until all are done or the window closes.
    """
    this = _Round()
    targets = {row.target for row in rows}
    suppressed = set(
        SuppressedAddress.objects.filter(channel=channel, target__in=targets).values_list("target", flat=True)
    )
    messages: list[tuple[Message, Claimed]] = []
    for row in rows:
        if row.target in suppressed:
            this.outcomes.append(Outcome(row, State.SUPPRESSED, "address_suppressed", counts=False))
        elif row.attempts > MAX_ATTEMPTS:
            # Claimed again and again without an outcome: whatever it does to its senders, it does no more.
            this.outcomes.append(Outcome(row, State.FAILED, "senders_died"))
        else:
            try:
                messages.append((_write(row), row))
            except DeliveryError as error:
                _note_failure(this, row, error, clock())
    refused = by.admit([message for message, _ in messages], today=clock().date())
    waiting: deque[tuple[Message, Claimed]] = deque()
    for message, row in messages:
        if message.id in refused:
            _note_failure(this, row, refused[message.id], clock())
        else:
            waiting.append((message, row))

    threads = min(by.connections, math.ceil(len(waiting) / _MESSAGES_A_CONNECTION))
    if threads > 1:
        with ThreadPoolExecutor(max_workers=threads, thread_name_prefix=f"send-{channel.value}") as pool:
            for share in [pool.submit(_send_share, this, by, waiting, clock, until) for _ in range(threads)]:
                share.result()
    elif threads:
        _send_share(this, by, waiting, clock, until)
    for _, row in waiting:
        # Not begun: the provider is down, or the window has closed. Nothing was tried.
        pause = _down_pause(row) if this.is_channel_down else 0.0
        _postpone(this, row, "not_begun", pause, clock(), counts=False)
    return this


def _write(row: Claimed) -> Message:
    """Return the row as a message. Raises DeliveryError where it cannot be read or put into words."""
    if row.address is None or row.payload is None:
        raise DeliveryError("no_address", permanent=True)
    try:
        address = _field("address").open(row.id, row.address)
        payload = _field("payload").open(row.id, row.payload)
    except CryptoError:
        # A key that is missing on this machine, perhaps: not the end yet.
        raise DeliveryError("unreadable") from None
    try:
        letter = render_letter(kind=row.kind, channel=row.channel, language=row.language, payload=payload)
    except LetterNotWritten:
        # Newer code queued it, and this worker is not there yet.
        raise DeliveryError("no_letter") from None
    except Exception as error:  # noqa: BLE001 - one text with a mistake must not hold up the others
        log.error("letter_failed", delivery=str(row.id), kind=row.kind, error=type(error).__name__)
        raise DeliveryError("letter_failed") from None
    return Message(id=row.id, address=address, letter=letter)


def _field(name: str) -> EncryptedTextField:
    found = Delivery._meta.get_field(name)
    assert isinstance(found, EncryptedTextField)  # noqa: S101 - tells mypy what the model says
    return found


def _send_share(
    this: _Round, by: DeliveryChannel, waiting: deque[tuple[Message, Claimed]], clock: Clock, until: datetime
) -> None:
    """Send from what is waiting, in turn with the other threads. Touches no database."""
    with by.session() as session:
        while not this.is_channel_down and clock() < until:
            try:
                message, row = waiting.popleft()
            except IndexError:
                return
            if row.expires_at is not None and row.expires_at <= clock():
                this.outcomes.append(Outcome(row, State.EXPIRED, "expired", counts=False))
                continue
            try:
                provider_message_id = session.send(message)
            except DeliveryError as error:
                _note_failure(this, row, error, clock())
            except Exception as error:  # noqa: BLE001 - recorded; a surprise in one message is none in the others
                log.error("send_failed", delivery=str(row.id), kind=row.kind, error=type(error).__name__)
                _note_failure(this, row, DeliveryError("unexpected_error"), clock())
            else:
                this.outcomes.append(Outcome(row, State.SENT, "accepted", provider_message_id=provider_message_id))


def _note_failure(this: _Round, row: Claimed, error: DeliveryError, now: datetime) -> None:
    if error.suppress is not None:
        this.suppressed.append((row, error.suppress))
    if error.is_channel_down:
        this.is_channel_down = True
        _postpone(this, row, error.code, max(_down_pause(row), error.retry_after or 0), now, counts=False)
    elif error.permanent or row.attempts >= MAX_ATTEMPTS:
        this.outcomes.append(Outcome(row, State.FAILED, error.code))
    else:
        _postpone(this, row, error.code, _pause(row, error), now, counts=True)


def _pause(row: Claimed, error: DeliveryError) -> float:
    """Return how long to wait before the next attempt: doubled each time, spread so that failures do not march in step,
    and never shorter than what the provider asked for."""
    first: float = _FIRST_PAUSE.get(row.priority, _FIRST_PAUSE_OTHERWISE)
    pause: float = min(first * 2 ** (row.attempts - 1), _LONGEST_PAUSE) * random.uniform(0.75, 1.25)  # noqa: S311 - a spread
    return max(pause, min(error.retry_after or 0, 24 * 3_600))


def _down_pause(row: Claimed) -> float:
    return _DOWN_PAUSE.get(row.priority, _DOWN_PAUSE_OTHERWISE) * random.uniform(0.75, 1.25)  # noqa: S311 - a spread


def _postpone(this: _Round, row: Claimed, code: str, pause: float, now: datetime, *, counts: bool) -> None:
    send_at = now + timedelta(seconds=pause)
    if row.expires_at is not None and send_at >= row.expires_at:
        this.outcomes.append(Outcome(row, State.EXPIRED, code, counts=counts))
        return
    this.pauses.append(pause)
    this.outcomes.append(Outcome(row, State.QUEUED, code, send_at=send_at, counts=counts))
