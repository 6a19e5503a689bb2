"""What a channel is, and the one error by which it says that a message did not go."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Protocol
from uuid import UUID

from notifications.kinds import Kind, Priority
from notifications.letters import Letter
from notifications.models import SuppressionReason


class DeliveryError(Exception):
    """A message was not accepted.

    `code` is stable and holds nothing of the message. A `permanent` failure is never tried again; `suppress` says that
    the address itself is at fault, `retire` that the device is gone. `retry_after` is what the provider asked for, in
    seconds. With `is_channel_down` no other message would fare better now: the rest of the chunk is left for later, and
    the attempt does not count.
    """

    def __init__(
        self,
        code: str,
        *,
        permanent: bool = False,
        retry_after: float | None = None,
        suppress: SuppressionReason | None = None,
        retire: bool = False,
        is_channel_down: bool = False,
    ) -> None:
        super().__init__(code)
        self.code = code
        self.permanent = permanent or retire
        self.retry_after = retry_after
        self.suppress = suppress
        self.retire = retire
        self.is_channel_down = is_channel_down


@dataclass(frozen=True, slots=True)
class Message:
    """One rendered delivery.

    `collapse_key` is the same for every attempt, and for whatever replaces it on a device: at most 32 letters of
    base64url. `unsubscribe_url` is empty for mail that cannot be left out.
    """

    id: UUID
    address: str
    letter: Letter
    kind: str = Kind.WELCOME.value
    due_on: date = date.min
    collapse_key: str = ""
    priority: Priority = Priority.TRANSACTIONAL
    unsubscribe_url: str = ""


class Batch(Protocol):
    """What a channel sends from and reports to; safe to share between threads. Touches no database."""

    def take(self) -> Message | None:
        """Return the next message, or None when there is none, the window has closed or the provider is down."""
        ...

    def seconds_left(self, message: Message) -> int | None:
        """Return for how long a message is still worth showing; None for ever."""
        ...

    def accepted(self, message: Message, provider_message_id: str) -> None:
        """Note that the provider has it."""
        ...

    def failed(self, message: Message, error: Exception) -> None:
        """Note that it did not go: a DeliveryError says how to go on, anything else is a surprise and tried again."""
        ...


class DeliveryChannel(Protocol):
    """One way to reach a member. Everything that touches the network is in `send_all`."""

    @property
    def chunk_size(self) -> int:
        """How many deliveries a sender claims at once: what goes within the window."""
        ...

    def is_configured(self) -> bool:
        """Say whether the settings hold what is needed. Where not, deliveries wait."""
        ...

    def may_reach(self, address: str) -> bool:
        """Say whether the channel's own rules let it send there."""
        ...

    def admit(self, messages: Sequence[Message], *, today: date) -> dict[UUID, DeliveryError]:
        """Refuse messages before anything is sent, for limits that are kept in the database. Constant in queries."""
        ...

    def send_all(self, batch: Batch, *, count: int) -> None:
        """Send what the batch gives, and return when it gives nothing more and every answer is noted."""
        ...
