"""The event loop that pushes are sent on: one a process, in a thread of its own, with its connections.

One, because connections and HTTP clients belong to the loop that made them; in a thread of its own, because then what
servers say between two chunks (that they close a connection, above all) is noticed when it is said.
"""

from __future__ import annotations

import asyncio
import atexit
import os
import threading
from abc import ABC, abstractmethod
from collections.abc import Coroutine, Sequence
from datetime import date
from functools import lru_cache
from typing import TYPE_CHECKING, Any, TypeVar
from uuid import UUID

from django.conf import settings

from notifications.channels.base import Batch, DeliveryError, Message

if TYPE_CHECKING:
    import aiohttp

T = TypeVar("T")
# Shorter than any push service's own, so that we rarely write into a connection that is being closed.
_KEEP_ALIVE = 30.0


class EventLoop:
    """A running event loop and its HTTP clients, one for each name."""

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._clients: dict[Any, aiohttp.ClientSession] = {}
        threading.Thread(target=self._loop.run_forever, name="push-loop", daemon=True).start()
        atexit.register(self.close, os.getpid())

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        """Run a coroutine on the loop and wait for it."""
        return asyncio.run_coroutine_threadsafe(work, self._loop).result()

    def close(self, process: int) -> None:
        """Close the connections when the process that opened them ends; a child that inherited them leaves them be."""
        if process == os.getpid():
            self.run(self._close_clients())
            self._loop.call_soon_threadsafe(self._loop.stop)

    async def _close_clients(self) -> None:
        for client in self._clients.values():
            await client.close()

    async def client(self, name: str, resolver: Any = None) -> aiohttp.ClientSession:
        """Return the HTTP client of a name, with the settings' number of connections and time. Call it on the loop."""
        import aiohttp

        key = (name, type(resolver), settings.PUSH_CONNECTIONS, settings.PUSH_TIMEOUT)
        if key not in self._clients:
            self._clients[key] = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(
                    limit=settings.PUSH_CONNECTIONS, resolver=resolver, keepalive_timeout=_KEEP_ALIVE
                ),
                timeout=aiohttp.ClientTimeout(total=settings.PUSH_TIMEOUT),
                cookie_jar=aiohttp.DummyCookieJar(),
                auto_decompress=False,
                skip_auto_headers=("User-Agent", "Accept", "Accept-Encoding"),
            )
        return self._clients[key]


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
        event_loop().run(self._send_all(batch, count))

    async def _send_all(self, batch: Batch, count: int) -> None:
        http = await self._http(event_loop())
        senders = min(count, max(1, int(settings.PUSH_CONNECTIONS)))
        await asyncio.gather(*(self._send_in_turn(batch, http) for _ in range(senders)))

    async def _send_in_turn(self, batch: Batch, http: aiohttp.ClientSession) -> None:
        while (message := batch.take()) is not None:
            try:
                await self._wait_for_turn()
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

    @abstractmethod
    async def _http(self, loop: EventLoop) -> aiohttp.ClientSession:
        """Return the client to send with."""

    @abstractmethod
    async def _send(self, http: aiohttp.ClientSession, message: Message, seconds_left: int | None) -> str:
        """Hand a message to the push service; return its id there. Raises DeliveryError."""


def network_error(error: Exception, *, is_channel_down: bool) -> DeliveryError:
    """Return what a failure to speak with a server means, and raise on what is none.

    `is_channel_down`: a server that cannot be connected to is the one that all messages go to.
    """
    import aiohttp

    if isinstance(error, TimeoutError):
        return DeliveryError("no_answer")
    if isinstance(error, aiohttp.ClientConnectorError):
        return DeliveryError("connection_failed", is_channel_down=is_channel_down)
    if isinstance(error, aiohttp.ClientError | OSError):
        return DeliveryError("connection_lost")
    raise error
