"""A client for POSTs by the thousand: HTTP/1.1 with kept connections, on asyncio, parsed by llhttp (httptools).

A general client spends five times the processor of this one on what a push service never needs: cookies, redirects,
proxies, compression, multipart (docs/decisions/0012-push.md has the figures). It follows no redirect, and connects only
to addresses that `may_connect` allows: what was looked at is what is connected to.
"""

from __future__ import annotations

import asyncio
import socket
import ssl
import time
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple
from urllib.parse import urlsplit

import httptools

# Shorter than any push service's own, so that we rarely write into a connection that is being closed.
KEEP_ALIVE = 30.0
_NAMES_KEPT = 30.0
# Push services answer with some hundred bytes.
_LONGEST_ANSWER = 65_536


class NetworkError(Exception):
    """A server could not be reached ("connection_failed"), hung up ("connection_lost") or kept silent ("no_answer")."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class Origin(NamedTuple):
    """Where requests go to."""

    is_tls: bool
    host: str
    port: int

    def host_header(self) -> str:
        return self.host if self.port == (443 if self.is_tls else 80) else f"{self.host}:{self.port}"


def origin_of(url: str) -> tuple[Origin, str]:
    """Split an address that is known to be sound into where to connect and what to ask for there."""
    parts = urlsplit(url)
    is_tls = parts.scheme == "https"
    query = f"?{parts.query}" if parts.query else ""
    return Origin(is_tls, parts.hostname or "", parts.port or (443 if is_tls else 80)), parts.path + query


class Answer(NamedTuple):
    """What came back; the headers' names in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class _Connection(asyncio.Protocol):
    """One connection, with one request on it at a time."""

    def __init__(self) -> None:
        self.idle_since = 0.0
        self.is_open = False
        self.has_answered = False
        self._transport: Any = None
        self._waiting: asyncio.Future[Answer] | None = None

    def connection_made(self, transport: Any) -> None:
        self._transport, self.is_open = transport, True

    def connection_lost(self, exc: Exception | None) -> None:
        self.is_open = False
        if self._waiting is not None and not self._waiting.done():
            self._waiting.set_exception(NetworkError("connection_lost"))

    def data_received(self, data: bytes) -> None:
        self.has_answered = True
        if self._waiting is None or self._waiting.done():
            # Nobody asked: whatever it is, it must not be taken for the next answer.
            self.abort()
            return
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserError:
            self.abort()

    def abort(self) -> None:
        """Give the connection up, and whoever waits for an answer on it."""
        self._transport.abort()
        self.connection_lost(None)

    async def ask(self, request: bytes) -> Answer:
        """Send a request and return its answer. Raises NetworkError."""
        self._waiting = asyncio.get_running_loop().create_future()
        self.has_answered = False
        self._parser = httptools.HttpResponseParser(self)
        self._transport.write(request)
        try:
            return await self._waiting
        except BaseException:
            self.abort()
            raise

    # What the parser calls.

    def on_message_begin(self) -> None:
        self._headers: dict[str, str] = {}
        self._body = b""

    def on_header(self, name: bytes, value: bytes) -> None:
        self._headers[name.decode("latin-1").lower()] = value.decode("latin-1")

    def on_body(self, part: bytes) -> None:
        self._body += part
        if len(self._body) > _LONGEST_ANSWER:
            self.abort()

    def on_message_complete(self) -> None:
        status = self._parser.get_status_code()
        if status < 200 or self._waiting is None or self._waiting.done():
            return  # 100 Continue and its kind: the answer comes after.
        self.is_open = self.is_open and self._parser.should_keep_alive()
        self._waiting.set_result(Answer(status, self._headers, self._body))


class HttpClient:
    """Connections to any number of servers. Belongs to one event loop."""

    def __init__(self, *, may_connect: Callable[[str], bool] = lambda address: True) -> None:
        self._may_connect = may_connect
        self._idle: dict[Origin, list[_Connection]] = {}
        self._names: dict[Origin, tuple[float, asyncio.Task[list[str]]]] = {}
        self._tls = ssl.create_default_context()
        self._tls.set_alpn_protocols(["http/1.1"])

    async def post(
        self, origin: Origin, path: str, *, headers: Mapping[str, str], body: bytes, seconds: float
    ) -> Answer:
        """Send one POST and return the answer, whatever its status. Raises NetworkError.

        A kept connection that was closed meanwhile costs a second try on a new one; a server that took the request
        before it hung up may then see it twice.
        """
        lines = [f"POST {path} HTTP/1.1", f"Host: {origin.host_header()}", f"Content-Length: {len(body)}"]
        lines += [f"{name}: {value}" for name, value in headers.items()]
        head = "\r\n".join(lines)
        if head.count("\n") != len(lines) - 1:
            raise ValueError("a line break in a header")
        request = head.encode("latin-1") + b"\r\n\r\n" + body
        try:
            async with asyncio.timeout(seconds):
                if (kept := self._take_idle(origin)) is not None:
                    try:
                        return await self._ask(origin, kept, request)
                    except NetworkError:
                        if kept.has_answered:
                            raise
                return await self._ask(origin, await self._connect(origin), request)
        except TimeoutError:
            raise NetworkError("no_answer") from None

    async def _ask(self, origin: Origin, connection: _Connection, request: bytes) -> Answer:
        answer = await connection.ask(request)
        if connection.is_open:
            connection.idle_since = time.monotonic()
            self._idle.setdefault(origin, []).append(connection)
        else:
            connection.abort()
        return answer

    def _take_idle(self, origin: Origin) -> _Connection | None:
        """Return the connection that was used last, which is the likeliest to be alive."""
        idle = self._idle.get(origin)
        while idle:
            connection = idle.pop()
            if connection.is_open and time.monotonic() - connection.idle_since < KEEP_ALIVE:
                return connection
            connection.abort()
        return None

    async def _connect(self, origin: Origin) -> _Connection:
        loop = asyncio.get_running_loop()
        for address in await self._addresses(origin):
            try:
                _, connection = await loop.create_connection(
                    _Connection,
                    address,
                    origin.port,
                    ssl=self._tls if origin.is_tls else None,
                    server_hostname=origin.host if origin.is_tls else None,
                )
            except OSError:
                continue
            return connection
        raise NetworkError("connection_failed")

    async def _addresses(self, origin: Origin) -> list[str]:
        """Return the addresses of a name that may be connected to; one look-up serves all who ask meanwhile."""
        until, looking = self._names.get(origin, (0.0, None))
        if looking is None or time.monotonic() > until:
            looking = asyncio.ensure_future(self._look_up(origin))
            self._names[origin] = (time.monotonic() + _NAMES_KEPT, looking)
        # One who gives up must not take the look-up away from the others.
        return await asyncio.shield(looking)

    async def _look_up(self, origin: Origin) -> list[str]:
        loop = asyncio.get_running_loop()
        try:
            found = await loop.getaddrinfo(origin.host, origin.port, type=socket.SOCK_STREAM)
        except OSError:
            self._names.pop(origin, None)
            return []
        addresses = dict.fromkeys(str(sockaddr[0]) for *_, sockaddr in found)
        return [address for address in addresses if self._may_connect(address)]

    def close_idle(self, *, older_than: float) -> None:
        """Close the connections that nobody used for so many seconds, and forget names that are due anew."""
        now = time.monotonic()
        for origin, idle in list(self._idle.items()):
            for connection in [one for one in idle if now - one.idle_since >= older_than or not one.is_open]:
                idle.remove(connection)
                connection.abort()
            if not idle:
                del self._idle[origin]
        for origin in [origin for origin, (until, _) in self._names.items() if until < now]:
            del self._names[origin]
