"""A load generator: keeps a number of connections busy with GET requests and tells how long each took.

Plain asyncio on raw sockets: it must cost less than what it measures. One request is in flight on each connection.
"""

import asyncio
import os
import statistics
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path


@dataclass
class Measured:
    """What one stretch of load showed. `times` are in milliseconds."""

    seconds: float = 0.0
    times: list[float] = field(default_factory=list)
    failures: dict[int, int] = field(default_factory=dict)
    # Milliseconds of processor time that the server's processes took, all requests together.
    processor: float = 0.0

    @property
    def rate(self) -> float:
        return len(self.times) / self.seconds

    @property
    def processor_each(self) -> float:
        return self.processor / len(self.times)

    def percentile(self, part: float) -> float:
        ordered = sorted(self.times)
        return ordered[min(len(ordered) - 1, int(len(ordered) * part))]


class _Connection(asyncio.Protocol):
    """One connection: sends the next request as soon as the answer to the last is complete."""

    def __init__(self, requests: Iterator[bytes], measured: Measured, done: asyncio.Future[None]) -> None:
        self.requests, self.measured, self.done = requests, measured, done
        self.received = bytearray()
        self.wanted = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport
        self.began = 0.0
        self.send()

    def send(self) -> None:
        request = next(self.requests, None)
        if request is None:
            self.transport.close()
            return
        self.received.clear()
        self.wanted = 0
        self.began = time.perf_counter()
        self.transport.write(request)

    def data_received(self, data: bytes) -> None:
        self.received += data
        if not self.wanted:
            end = self.received.find(b"\r\n\r\n")
            if end < 0:
                return
            head = bytes(self.received[:end]).lower()
            at = head.index(b"content-length:") + 15
            self.wanted = end + 4 + int(head[at:].split(b"\r\n", 1)[0])
            self.status = int(head[9:12])
        if len(self.received) >= self.wanted:
            self.measured.times.append((time.perf_counter() - self.began) * 1000)
            if self.status != 200:
                self.measured.failures[self.status] = self.measured.failures.get(self.status, 0) + 1
            self.send()

    def connection_lost(self, error: Exception | None) -> None:
        if not self.done.done():
            self.done.set_result(None)


def run(port: int, requests: Iterator[bytes], *, connections: int) -> Measured:
    """Send every request over this many connections; return once all are answered."""
    return asyncio.run(_run(port, requests, connections))


async def _run(port: int, requests: Iterator[bytes], connections: int) -> Measured:
    measured, loop = Measured(), asyncio.get_running_loop()
    ended: list[asyncio.Future[None]] = [loop.create_future() for _ in range(connections)]
    began = time.perf_counter()
    for done in ended:
        await loop.create_connection(lambda done=done: _Connection(requests, measured, done), "127.0.0.1", port)
    await asyncio.gather(*ended)
    measured.seconds = time.perf_counter() - began
    return measured


def for_seconds(requests: list[bytes], seconds: float) -> Iterator[bytes]:
    """Yield the requests over and over until the time is up."""
    ends, count = time.perf_counter() + seconds, 0
    while time.perf_counter() < ends:
        yield requests[count % len(requests)]
        count += 1


def median_of(found: list[float]) -> float:
    return statistics.median(found)


def processor_time(pid: int) -> float:
    """Return the milliseconds of processor time that a process and those below it have taken (Linux)."""
    stat = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    below = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    ticks = int(stat[11]) + int(stat[12])
    return ticks * 1000 / os.sysconf("SC_CLK_TCK") + sum(processor_time(int(child)) for child in below)
