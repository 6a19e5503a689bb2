"""One chunk on its way: what waits, what was taken, and how each went. Filled from several threads."""

from __future__ import annotations

import random
from collections import deque
from collections.abc import Callable
from datetime import datetime, timedelta
from uuid import UUID

import structlog

from notifications.addresses import target_of
from notifications.channels.base import DeliveryError, Message
from notifications.claims import Claimed, Outcome
from notifications.kinds import Priority
from notifications.models import State, SuppressionReason

log = structlog.get_logger(__name__)

MAX_ATTEMPTS = 8
# Seconds: the first pause, doubled with each attempt, up to the longest.
_FIRST_PAUSE = {Priority.URGENT: 4.0}
_FIRST_PAUSE_OTHERWISE = 60.0
_LONGEST_PAUSE = 3_600.0
# While a provider is down, it is asked this often.
_DOWN_PAUSE = {Priority.URGENT: 10.0}
_DOWN_PAUSE_OTHERWISE = 60.0

Clock = Callable[[], datetime]


class Round:
    """What becomes of one claimed chunk. A channel sees it as its Batch.

    No message is given out after `until`, so that a living sender never outlasts its lease.
    """

    def __init__(self, *, clock: Clock, until: datetime) -> None:
        self.clock = clock
        self.outcomes: list[Outcome] = []
        # By target, and by id of the device.
        self.suppressed: dict[str, SuppressionReason] = {}
        self.retired: dict[UUID, str] = {}
        self.pauses: list[float] = []
        self.is_channel_down = False
        self._until = until
        self._waiting: deque[Message] = deque()
        self._rows: dict[UUID, Claimed] = {}

    def __len__(self) -> int:
        return len(self._waiting)

    def add(self, message: Message, row: Claimed) -> None:
        """Let a message wait for its turn."""
        self._rows[message.id] = row
        self._waiting.append(message)

    def take(self) -> Message | None:
        while not self.is_channel_down and (now := self.clock()) < self._until:
            try:
                message = self._waiting.popleft()
            except IndexError:
                return None
            row = self._rows[message.id]
            if row.expires_at is None or row.expires_at > now:
                return message
            self.end(row, State.EXPIRED, "expired", counts=False)
        return None

    def seconds_left(self, message: Message) -> int | None:
        expires_at = self._rows[message.id].expires_at
        return None if expires_at is None else max(0, int((expires_at - self.clock()).total_seconds()))

    def accepted(self, message: Message, provider_message_id: str) -> None:
        row = self._rows[message.id]
        self.outcomes.append(Outcome(row, State.SENT, "accepted", provider_message_id=provider_message_id))

    def failed(self, message: Message, error: Exception) -> None:
        row = self._rows[message.id]
        if not isinstance(error, DeliveryError):
            # A surprise in one message is none in the others.
            log.error("send_failed", delivery=str(row.id), kind=row.kind, error=type(error).__name__)
            error = DeliveryError("unexpected_error")
        if error.suppress is not None:
            self.suppressed[target_of(row.channel, message.address)] = error.suppress
        if error.retire:
            self.retired[UUID(row.target)] = error.code
        self.refuse(row, error)

    def refuse(self, row: Claimed, error: DeliveryError) -> None:
        """Note what an error means for a row: the end, or another time."""
        if error.is_channel_down:
            self.is_channel_down = True
            self.postpone(row, error.code, max(_down_pause(row), error.retry_after or 0), counts=False)
        elif error.permanent or row.attempts >= MAX_ATTEMPTS:
            self.end(row, State.FAILED, error.code)
        else:
            self.postpone(row, error.code, _pause(row, error), counts=True)

    def end(self, row: Claimed, state: State, code: str, *, counts: bool = True) -> None:
        """Note that a row goes no further."""
        self.outcomes.append(Outcome(row, state, code, counts=counts))

    def postpone(self, row: Claimed, code: str, pause: float, *, counts: bool) -> None:
        """Note that a row is tried again after so many seconds, unless its time is over then."""
        send_at = self.clock() + timedelta(seconds=pause)
        if row.expires_at is not None and send_at >= row.expires_at:
            self.end(row, State.EXPIRED, code, counts=counts)
            return
        self.pauses.append(pause)
        self.outcomes.append(Outcome(row, State.QUEUED, code, send_at=send_at, counts=counts))

    def close(self) -> None:
        """Postpone what was not begun: the provider is down, or the window has closed. Nothing was tried."""
        while self._waiting:
            row = self._rows[self._waiting.popleft().id]
            self.postpone(row, "not_begun", _down_pause(row) if self.is_channel_down else 0.0, counts=False)


def _pause(row: Claimed, error: DeliveryError) -> float:
    """Return how long to wait before the next attempt: doubled each time, spread so that failures do not march in step,
    and never shorter than what the provider asked for."""
    first: float = _FIRST_PAUSE.get(row.priority, _FIRST_PAUSE_OTHERWISE)
    pause: float = min(first * 2 ** (row.attempts - 1), _LONGEST_PAUSE) * random.uniform(0.75, 1.25)  # noqa: S311 - a spread
    return max(pause, min(error.retry_after or 0, 24 * 3_600))


def _down_pause(row: Claimed) -> float:
    return _DOWN_PAUSE.get(row.priority, _DOWN_PAUSE_OTHERWISE) * random.uniform(0.75, 1.25)  # noqa: S311 - a spread
