"""Sending by libraries that wait for their answers: a few threads, each with a connection of its own."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from typing import Protocol

from notifications.channels.base import Batch, Message

# One connection is worth opening for this many messages.
_MESSAGES_A_CONNECTION = 5


class Session(Protocol):
    """What one thread sends with; it may keep a connection between messages."""

    def send(self, message: Message) -> str:
        """Hand a message to the provider; return the provider's id of it. Raises DeliveryError."""
        ...


class ThreadedChannel(ABC):
    """A channel that sends from threads."""

    @property
    @abstractmethod
    def connections(self) -> int:
        """How many sessions may be open at once in one process."""

    @abstractmethod
    def session(self) -> AbstractContextManager[Session]:
        """Open what one thread needs. Connects at the first message, not before."""

    def send_all(self, batch: Batch, *, count: int) -> None:
        threads = min(self.connections, math.ceil(count / _MESSAGES_A_CONNECTION))
        if threads <= 1:
            self._send_share(batch)
            return
        with ThreadPoolExecutor(max_workers=threads, thread_name_prefix="send") as pool:
            for share in [pool.submit(self._send_share, batch) for _ in range(threads)]:
                share.result()

    def _send_share(self, batch: Batch) -> None:
        with self.session() as session:
            while (message := batch.take()) is not None:
                try:
                    provider_message_id = session.send(message)
                except Exception as error:  # noqa: BLE001 - the batch tells the expected from the surprising
                    batch.failed(message, error)
                else:
                    batch.accepted(message, provider_message_id)
