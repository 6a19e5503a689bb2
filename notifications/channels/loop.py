"""The event loop that pushes are sent on: one a process, in a thread of its own, with its connections.

One, because connections belong to the loop that made them; in a thread of its own, because then what servers say
between two chunks (that they close a connection, above all) is noticed when it is said.
"""

from __future__ import annotations

import asyncio
import atexit
import os
import threading
from abc import ABC, abstractmethod
from collections.abc import Callable, Coroutine, Sequence
from datetime import date
from functools import lru_cache
from typing import Any, TypeVar
from uuid import UUID

from django.conf import settings

from notifications.channels.base import Batch, DeliveryError, Message
from notifications.channels.http import KEEP_ALIVE, HttpClient

T = TypeVar("T")


class EventLoop:
    """A running event loop and its HTTP clients, one for each rule about where they may connect to."""

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._clients: dict[Callable[[str], bool], HttpClient] = {}
        threading.Thread(target=self._loop.run_forever, name="push-loop", daemon=True).start()
        atexit.register(self.close, os.getpid())

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        """Run a coroutine on the loop and wait for it."""
        return asyncio.run_coroutine_threadsafe(work, self._loop).result()

    def client(self, may_connect: Callable[[str], bool]) -> HttpClient:
        """Return the HTTP client with this rule. Call it on the loop."""
        if may_connect not in self._clients:
            self._clients[may_connect] = HttpClient(may_connect=may_connect)
        return self._clients[may_connect]

    def close(self, process: int) -> None:
        """Close the connections when the process that opened them ends; a child that inherited them leaves them be."""
        if process == os.getpid():
            self.run(self.close_idle(older_than=0))
            self._loop.call_soon_threadsafe(self._loop.stop)

    async def close_idle(self, *, older_than: float) -> None:
        """Close the connections that nobody used for so many seconds."""
        for client in self._clients.values():
            client.close_idle(older_than=older_than)


@lru_cache(maxsize=1)
def _of_process(process: int) -> EventLoop:
    return EventLoop()


def event_loop() -> EventLoop:
    """Return this process's loop; a forked child gets its own."""
    return _of_process(os.getpid())


class LoopChannel(ABC):
    """A channel that sends many messages at once from one loop."""

    @property
    def chunk_size(self) -> int:
        return int(settings.PUSH_CHUNK)

    def may_reach(self, address: str) -> bool:
        return True

    def admit(self, messages: Sequence[Message], *, today: date) -> dict[UUID, DeliveryError]:
        return {}

    def send_all(self, batch: Batch, *, count: int) -> None:
        try:
            self._begin()
        except DeliveryError as error:
            if (message := batch.take()) is not None:
                batch.failed(message, error)
            return
        event_loop().run(self._send_all(event_loop(), batch, count))

    async def _send_all(self, loop: EventLoop, batch: Batch, count: int) -> None:
        http = loop.client(self._may_connect())
        senders = min(count, max(1, int(settings.PUSH_CONNECTIONS)))
        await asyncio.gather(*(self._send_in_turn(batch, http) for _ in range(senders)))
        await loop.close_idle(older_than=KEEP_ALIVE)

    async def _send_in_turn(self, batch: Batch, http: HttpClient) -> None:
        while True:
            # The turn first: however long that takes, no message is begun after the window of its claim.
            await self._wait_for_turn()
            if (message := batch.take()) is None:
                self._give_turn_back()
                return
            try:
                provider_message_id = await self._send(http, message, batch.seconds_left(message))
            except Exception as error:  # noqa: BLE001 - the batch tells the expected from the surprising
                batch.failed(message, error)
            else:
                batch.accepted(message, provider_message_id)

    def _begin(self) -> None:
        """Do what is needed before a chunk, off the loop. Raises DeliveryError."""
        return

    async def _wait_for_turn(self) -> None:
        """Keep to a rate that all processes share."""
        return

    def _give_turn_back(self) -> None:
        """Let another have the turn that was waited for."""
        return

    def _may_connect(self) -> Callable[[str], bool]:
        """Return the rule about the addresses that may be connected to."""
        return anywhere

    @abstractmethod
    async def _send(self, http: HttpClient, message: Message, seconds_left: int | None) -> str:
        """Hand a message to the push service; return its id there. Raises DeliveryError."""


def anywhere(address: str) -> bool:
    """Allow every address: for servers that our own settings name."""
    return True
