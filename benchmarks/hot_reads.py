"""How fast a member's birth chart and today's reading are read, against FastAPI and against a bare DRF view.

Usage: python benchmarks/hot_reads.py [--quick]      (first: pip install -r requirements-benchmarks.txt)

Four ways to the same answers, from the same database and rows, one server process each:

    warm      GET /api/v1/numerology/birth-chart and /daily-reading as they are served: granian, the real settings,
              token, limiter, request id and envelope, the answer kept in Valkey
    cold      the same with nothing kept: before each stretch Valkey forgets every member and answer, and each request
              comes from another member
    fastapi   FastAPI, SQLAlchemy and asyncpg doing the same work, limiter included (http_fastapi.py)
    drf       a bare DRF view, doing less (http_drf.py); the chart alone

The readings were prepared, as they are when members wake. The first reading of a morning is always a cold one.

Each stretch is repeated, the ways in turn, and medians count. Load generator, database and servers share the cores of
one machine: compare only within one run. "cpu ms" is the processor time of the server process for one request, which
other work on the machine disturbs less.
"""

import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path[0] = str(ROOT)  # not this folder, where this file would hide the standard library's http

import argparse
import os
import socket
import subprocess
import time
from collections.abc import Callable
from datetime import timedelta

from ops.embedded import pytest_plugin  # starts throw-away servers and points the environment at them
from ops.embedded.processes import spawn

assert pytest_plugin.TEMPLATE in os.environ["DATABASE_URL"]
os.environ["LOG_LEVEL"] = "WARNING"

import django

django.setup()

import redis
from django.conf import settings
from django.core.management import call_command
from django.db import transaction
from django.utils import timezone

from authentication.callers import Caller
from authentication.models import User
from authentication.services.sessions import begin_session
from benchmarks import load
from core.services.prepare import prepare_day
from core.services.profiles import create_profile
from numerai.api.limits import SLIDING_WINDOW
from payments.services import grant_plan

CONNECTIONS = (1, 32, 256)
GRANIAN = [
    "-m",
    "granian",
    "--interface",
    "wsgi",
    "--http",
    "1",
    "--no-ws",
    "--workers",
    "1",
    "--blocking-threads",
    "2",
]
# What is read: our path, and the path at FastAPI and DRF. Members may read their reading 30 times a minute, which 1,000
# of them reach within a stretch at 7,500 requests a second: for a faster machine they are too few.
READS = {
    "birth_chart": ("/api/v1/numerology/birth-chart", "/chart"),
    "todays_reading": ("/api/v1/numerology/daily-reading", "/reading"),
}
GOALS = {"cold": 1.5, "warm": 3.0}
P99_REQUIRED = 5.0


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def start(name: str, command: list[str], port: int) -> subprocess.Popen[bytes]:
    """Start a server and return once it takes connections."""
    environment = {**os.environ, "BENCHMARK_WINDOW_SCRIPT": SLIDING_WINDOW, "PYTHONPATH": str(ROOT)}
    process = spawn([sys.executable, *command], env=environment)
    deadline = time.monotonic() + 60
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
            return process
        except OSError:
            assert process.poll() is None, f"{name} did not start"
            assert time.monotonic() < deadline, f"{name} does not answer"
            time.sleep(0.1)


def make_members(count: int) -> list[str]:
    """Make premium members with a profile and a session each; return their access tokens."""
    now, tokens = timezone.now(), []
    staff = User.objects.create_user(email="staff@example.com", password=None)
    with transaction.atomic():
        for number in range(count):
            user = User.objects.create_user(email=f"member{number}@example.com", password=None, time_zone="Asia/Tokyo")
            ends_at = now + timedelta(days=1)
            grant_plan(user_id=user.pk, plan="premium", reason="Load", ends_at=ends_at, granted_by=staff.pk, now=now)
            born = f"{1950 + number % 60}-{number % 12 + 1:02}-{number % 28 + 1:02}"
            inputs = {"label": "Me", "relation": "self", "birth_name": f"Augusta Ada King {NAMES[number % 8]}"}
            create_profile(user_id=user.pk, inputs={**inputs, "birth_date": born}, now=now)
            tokens.append(begin_session(user=user, caller=Caller(), now=now).access_token)
    for days in (0, 1):
        # Both of the days that it may be where they live.
        prepare_day(day=now.date() + timedelta(days), now=now)
    return tokens


NAMES = ("Lovelace", "Byron", "Milbanke", "Babbage", "Somerville", "Herschel", "Faraday", "Wheatstone")


def requests_to(path: str, tokens: list[str]) -> list[bytes]:
    return [
        f"GET {path} HTTP/1.1\r\nHost: localhost\r\nAccept: */*\r\nAuthorization: Bearer {token}\r\n\r\n".encode()
        for token in tokens
    ]


def forget(patterns: tuple[str, ...]) -> None:
    with redis.Redis.from_url(settings.REDIS_URL) as client:
        for pattern in patterns:
            keys = list(client.scan_iter(pattern, count=1000))
            if keys:
                client.unlink(*keys)


LIMITS = ("numerai:limit:*", "peer:limit:*")
KEPT = ("numerai:member:*", "numerai:answers:*")


class Way:
    """One way to the answer."""

    def __init__(self, port: int, pid: int, requests: list[bytes], *, is_cold: bool = False) -> None:
        self.port, self.pid, self.requests, self.is_cold = port, pid, requests, is_cold

    def measure(self, connections: int, seconds: float) -> load.Measured:
        """Return what a stretch of this length shows; limits are emptied first, or they would answer."""
        before = load.processor_time(self.pid)
        measured = self._cold(connections, seconds) if self.is_cold else self._steady(connections, seconds)
        measured.processor = load.processor_time(self.pid) - before
        assert measured.times, "there was no answer at all"
        assert not measured.failures, f"answered otherwise than with 200: {measured.failures}"
        return measured

    def _steady(self, connections: int, seconds: float) -> load.Measured:
        forget(LIMITS)
        return load.run(self.port, load.for_seconds(self.requests, seconds), connections=connections)

    def _cold(self, connections: int, seconds: float) -> load.Measured:
        total = load.Measured()
        while total.seconds < seconds:
            forget(LIMITS + KEPT)
            one = load.run(self.port, iter(self.requests), connections=connections)
            total.seconds += one.seconds
            total.times += one.times
            total.failures |= one.failures
        return total


def main() -> int:
    """Measure, print and return the exit code: 1 when a goal is missed."""
    parser = argparse.ArgumentParser(description="How fast a birth chart and today's reading are read.")
    parser.add_argument("--quick", action="store_true", help="short stretches, a minute in all")
    quick = parser.parse_args().quick
    members, seconds = (300, 0.4) if quick else (1000, 4.0)
    call_command("load_content", verbosity=0)
    tokens = make_members(members)
    ports = {name: free_port() for name in ("numerai", "fastapi", "drf")}
    commands: dict[str, list[str]] = {
        "numerai": [
            str(ROOT / "manage.py"), "serve", "--role", "api", "--processes", "1", "--port", str(ports["numerai"]),
        ],
        "fastapi": [
            "-m", "uvicorn", "--loop", "uvloop", "--http", "httptools", "--no-access-log", "--log-level", "warning",
            "--port", str(ports["fastapi"]), "benchmarks.http_fastapi:app",
        ],
        "drf": [*GRANIAN, "--log-level", "warning", "--port", str(ports["drf"]), "benchmarks.http_drf:application"],
    }  # fmt: skip
    processes = [start(name, command, ports[name]) for name, command in commands.items()]
    pids = dict(zip(commands, (process.pid for process in processes), strict=True))
    print(f"{members} members in turn, one server process, 3 interleaved repetitions, medians")
    is_met = True
    try:
        for read, (our_path, their_path) in READS.items():
            ours, theirs = requests_to(our_path, tokens), requests_to(their_path, tokens)
            ways = {
                "warm": Way(ports["numerai"], pids["numerai"], ours),
                "cold": Way(ports["numerai"], pids["numerai"], ours, is_cold=True),
                "fastapi": Way(ports["fastapi"], pids["fastapi"], theirs),
            }
            if read == "birth_chart":
                ways["drf"] = Way(ports["drf"], pids["drf"], theirs)
            is_met &= report(read, measure_all(ways, seconds))
    finally:
        for process in processes:
            process.terminate()
            process.wait(timeout=30)
    return int(not is_met)


def measure_all(ways: dict[str, Way], seconds: float) -> dict[tuple[str, int], list[load.Measured]]:
    found: dict[tuple[str, int], list[load.Measured]] = {}
    for connections in CONNECTIONS:
        for way in ways.values():
            way.measure(connections, seconds / 4)  # warms up, and fills what is kept
        for _ in range(3):
            for name, way in ways.items():
                if name == "warm":
                    load.run(way.port, iter(way.requests), connections=32)  # what the cold stretch has forgotten
                found.setdefault((name, connections), []).append(way.measure(connections, seconds))
    return found


def report(read: str, found: dict[tuple[str, int], list[load.Measured]]) -> bool:
    """Print the table and the goals; return whether all are met."""

    def median(name: str, connections: int, of: Callable[[load.Measured], float]) -> float:
        return load.median_of([of(measured) for measured in found[name, connections]])

    def rate(measured: load.Measured) -> float:
        return measured.rate

    ways = list(dict.fromkeys(name for name, _ in found))
    print(f"\nGET {READS[read][0]}")
    print(f"{'':8}" + "".join(f"{f'{connections} connections':>48}" for connections in CONNECTIONS))
    print(f"{'':8}" + f"{'requests/s':>16}{'p50':>8}{'p95':>8}{'p99 ms':>8}{'cpu ms':>8}" * len(CONNECTIONS))
    for name in ways:
        columns = ""
        for connections in CONNECTIONS:
            columns += f"{median(name, connections, rate):16.0f}"
            for part in (0.5, 0.95, 0.99):
                columns += f"{median(name, connections, lambda one, part=part: one.percentile(part)):8.2f}"
            columns += f"{median(name, connections, lambda one: one.processor_each):8.2f}"
        print(f"{name:8}{columns}")
    is_met = True
    for name in (way for way in ways if way != "fastapi"):
        ratios = [median(name, count, rate) / median("fastapi", count, rate) for count in CONNECTIONS]
        print(f"{name} / fastapi: " + ", ".join(f"{ratio:.2f}" for ratio in ratios))
        if required := GOALS.get(name):
            is_met &= ratios[1] >= required
            goal = f"{read}_{name}_against_fastapi"
            print(f"goal {goal} measured {ratios[1]:.2f} required {required:g} {_word(ratios[1] >= required)}")
    p99 = median("warm", 1, lambda measured: measured.percentile(0.99))
    goal = f"{read}_p99_ms_at_one_connection_at_most"
    print(f"goal {goal} measured {p99:.2f} required {P99_REQUIRED:g} {_word(p99 < P99_REQUIRED)}")
    return is_met and p99 < P99_REQUIRED


def _word(is_met: bool) -> str:
    return "met" if is_met else "missed"


if __name__ == "__main__":
    sys.exit(main())
