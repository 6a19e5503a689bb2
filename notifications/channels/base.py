"""What a channel is, and the one error by which it says that a message did not go."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import date
from typing import Protocol
from uuid import UUID

from notifications.letters import Letter
from notifications.models import SuppressionReason


class DeliveryError(Exception):
    """A message was not accepted.

    `code` is stable and holds nothing of the message. A `permanent` failure is never tried again; `suppress` says that
    the address itself is at fault. `retry_after` is what the provider asked for, in seconds. With `is_channel_down` no
    other message would fare better now: the rest of the chunk is left for later, and the attempt does not count.
    """

    def __init__(
        self,
        code: str,
        *,
        permanent: bool = False,
        retry_after: float | None = None,
        suppress: SuppressionReason | None = None,
        is_channel_down: bool = False,
    ) -> None:
        super().__init__(code)
        self.code = code
        self.permanent = permanent
        self.retry_after = retry_after
        self.suppress = suppress
        self.is_channel_down = is_channel_down


@dataclass(frozen=True, slots=True)
class Message:
    """One rendered delivery."""

    id: UUID
    address: str
    letter: Letter


class Session(Protocol):
    """What one thread sends with; it may keep a connection between messages."""

    def send(self, message: Message) -> str:
        """Hand a message to the provider; return the provider's id of it. Raises DeliveryError."""
        ...


class DeliveryChannel(Protocol):
    """One way to reach a member. Everything that touches the network is in `session`."""

    @property
    def connections(self) -> int:
        """How many sessions may be open at once in one process."""
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

    def session(self) -> AbstractContextManager[Session]:
        """Open what one thread needs. Connects at the first message, not before."""
        ...
