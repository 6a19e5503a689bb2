"""The client that pushes are sent with, against servers that behave and servers that do not."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from notifications.channels.http import Answer, HttpClient, NetworkError, Origin, origin_of

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi"
Reply = Callable[["Server", bytes, asyncio.StreamWriter], Awaitable[None]]


class Server:
    """A server that answers each request as it is told, and counts connections."""

    def __init__(self, reply: Reply) -> None:
        self.reply, self.connections, self.requests = reply, 0, list[bytes]()
        self.origin = Origin(False, "localhost", 0)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        try:
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                length = int(head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0])
                self.requests.append(head + await reader.readexactly(length))
                await self.reply(self, self.requests[-1], writer)
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()


def say(*parts: bytes, close: bool = False) -> Reply:
    """Return a reply that sends these parts, each by itself."""

    async def reply(server: Server, request: bytes, writer: asyncio.StreamWriter) -> None:
        for part in parts:
            writer.write(part)
            await writer.drain()
            await asyncio.sleep(0)
        if close:
            writer.close()

    return reply


@asynccontextmanager
async def running(reply: Reply, *, tls: ssl.SSLContext | None = None) -> AsyncIterator[Server]:
    server = Server(reply)
    listening = await asyncio.start_server(server.serve, "127.0.0.1", 0, ssl=tls)
    server.origin = Origin(tls is not None, "127.0.0.1", listening.sockets[0].getsockname()[1])
    yield server
    listening.close()


async def post(client: HttpClient, origin: Origin, **more: Any) -> Answer:
    arguments = {"headers": {"TTL": "60"}, "body": b"body", "seconds": 5.0, **more}
    return await client.post(origin, "/path?x=1", **arguments)


def ask(reply: Reply, times: int = 1, **more: Any) -> tuple[list[Answer], Server]:
    """Post so many times, one after the other, by one client."""

    async def work() -> tuple[list[Answer], Server]:
        client = HttpClient()
        async with running(reply) as server:
            answers = [await post(client, server.origin, **more) for _ in range(times)]
            client.close_idle(older_than=0)
            return answers, server

    return asyncio.run(work())


def failure_of(reply: Reply, **more: Any) -> str:
    with pytest.raises(NetworkError) as failed:
        ask(reply, **more)
    return failed.value.code


def test_a_request_is_what_a_server_expects():
    (answer,), server = ask(say(OK))
    assert answer == Answer(200, {"content-length": "2"}, b"hi")
    head, _, body = server.requests[0].partition(b"\r\n\r\n")
    assert body == b"body"
    assert head.split(b"\r\n") == [
        b"POST /path?x=1 HTTP/1.1",
        b"Host: 127.0.0.1:%d" % server.origin.port,
        b"Content-Length: 4",
        b"TTL: 60",
    ]


def test_a_connection_is_kept_and_used_again():
    answers, server = ask(say(OK), times=5)
    assert (len(answers), server.connections) == (5, 1)


@pytest.mark.parametrize(
    "parts",
    [
        [b"HTTP/1.1 201 Created\r\nContent-Le", b"ngth: 5\r\n\r\nhe", b"llo"],
        [b"HTTP/1.1 201 Created\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhe\r\n", b"3\r\nllo\r\n0\r\n\r\n"],
        [b"HTTP/1.1 100 Continue\r\n\r\n", b"HTTP/1.1 201 Created\r\nContent-Length: 5\r\n\r\nhello"],
    ],
    ids=["in pieces", "in chunks", "after a hundred"],
)
def test_every_form_of_answer_is_understood_and_the_connection_kept(parts: list[bytes]):
    answers, server = ask(say(*parts), times=2)
    assert [(answer.status, answer.body) for answer in answers] == [(201, b"hello")] * 2
    assert server.connections == 1


def test_an_answer_without_a_body_is_whole():
    answers, _ = ask(say(b"HTTP/1.1 204 No Content\r\nLocation: /m/1\r\n\r\n"), times=2)
    assert [(answer.status, answer.headers["location"]) for answer in answers] == [(204, "/m/1")] * 2


def test_a_server_that_wants_to_close_is_connected_to_anew():
    _, server = ask(say(b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 0\r\n\r\n", close=True), times=3)
    assert server.connections == 3


def test_a_connection_that_was_closed_while_idle_costs_a_second_try_and_no_error():
    async def reply(server: Server, request: bytes, writer: asyncio.StreamWriter) -> None:
        if len(server.requests) == 2:
            writer.transport.abort()
        else:
            writer.write(OK)

    answers, server = ask(reply, times=2)
    assert [answer.status for answer in answers] == [200, 200]
    assert (server.connections, len(server.requests)) == (2, 3)


def test_a_server_that_hangs_up_on_a_new_connection_is_not_asked_again():
    asked: list[bytes] = []

    async def reply(server: Server, request: bytes, writer: asyncio.StreamWriter) -> None:
        asked.append(request)
        writer.transport.abort()

    assert failure_of(reply) == "connection_lost"
    assert len(asked) == 1


@pytest.mark.parametrize(
    "said",
    [
        b"\x00\x01\x02 this is no HTTP\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n" + b"x" * 100_000,
        b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nshort",
    ],
    ids=["no HTTP", "too long", "too short"],
)
def test_an_answer_that_cannot_be_used_is_a_lost_connection(said: bytes):
    assert failure_of(say(said, close=True)) == "connection_lost"


def test_a_server_that_says_nothing_costs_the_time_that_was_given():
    assert failure_of(say(), seconds=0.05) == "no_answer"


def test_an_answer_that_comes_too_late_is_not_taken_for_the_next_one():
    async def work() -> list[int]:
        late = asyncio.Event()

        async def reply(server: Server, request: bytes, writer: asyncio.StreamWriter) -> None:
            if len(server.requests) == 1:
                await late.wait()
            writer.write(b"HTTP/1.1 20%d OK\r\nContent-Length: 0\r\n\r\n" % len(server.requests))

        client = HttpClient()
        async with running(reply) as server:
            with pytest.raises(NetworkError):
                await post(client, server.origin, seconds=0.05)
            late.set()
            statuses = [(await post(client, server.origin)).status for _ in range(2)]
            client.close_idle(older_than=0)
            return statuses

    assert asyncio.run(work()) == [202, 203]


def test_nobody_listening_is_a_failed_connection():
    with pytest.raises(NetworkError, match="connection_failed"):
        asyncio.run(post(HttpClient(), Origin(False, "127.0.0.1", 1)))


def test_a_name_that_does_not_exist_is_a_failed_connection():
    with pytest.raises(NetworkError, match="connection_failed"):
        asyncio.run(post(HttpClient(), Origin(True, "nowhere.invalid", 443)))


def test_only_addresses_that_are_allowed_are_connected_to():
    async def work() -> int:
        async with running(say(OK)) as server:
            with pytest.raises(NetworkError, match="connection_failed"):
                await post(HttpClient(may_connect=lambda address: False), server.origin)
            return server.connections

    assert asyncio.run(work()) == 0


def test_many_at_once_have_a_connection_each_and_keep_them():
    async def work() -> tuple[int, int]:
        client = HttpClient()
        async with running(say(OK)) as server:
            for _ in range(2):
                answers = await asyncio.gather(*(post(client, server.origin) for _ in range(20)))
            client.close_idle(older_than=0)
            return len(answers), server.connections

    assert asyncio.run(work()) == (20, 20)


@pytest.mark.parametrize("value", ["60\r\nX-Evil: 1", "60\nX-Evil: 1"])
def test_a_line_break_in_a_header_is_refused(value: str):
    with pytest.raises(ValueError, match="line break"):
        ask(say(OK), headers={"TTL": value})


def test_a_certificate_that_nobody_vouches_for_is_refused(tls_of_this_machine: ssl.SSLContext):
    async def work() -> None:
        async with running(say(OK), tls=tls_of_this_machine) as server:
            await post(HttpClient(), server.origin)

    with pytest.raises(NetworkError, match="connection_failed"):
        asyncio.run(work())


def test_a_certificate_that_is_vouched_for_is_accepted(
    tls_of_this_machine: ssl.SSLContext, certificate: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))

    async def work() -> int:
        client = HttpClient()
        async with running(say(OK), tls=tls_of_this_machine) as server:
            status = (await post(client, server.origin)).status
            client.close_idle(older_than=0)
            return status

    assert asyncio.run(work()) == 200


@pytest.mark.parametrize(
    ("url", "origin", "path"),
    [
        ("https://fcm.googleapis.com/wp/a:b?c=d", Origin(True, "fcm.googleapis.com", 443), "/wp/a:b?c=d"),
        ("http://127.0.0.1:8000", Origin(False, "127.0.0.1", 8000), ""),
    ],
)
def test_addresses_are_split(url: str, origin: Origin, path: str):
    assert origin_of(url) == (origin, path)
    assert Origin(True, "example.org", 443).host_header() == "example.org"
