"""What a storm of sign-ins costs a request that has nothing to do with them.

Usage: python benchmarks/sign_in.py [--quick]

Each sign-in computes Argon2. Both roles are started by `manage.py serve`, one process each, on throw-away servers. One
client asks the `api` role for /health/live, one request after the other, in three turns that are repeated and of which
the median counts: nobody signs in; eight clients sign in on `api-slow`; eight clients sign in on the `api` role
itself, as if there were no other. The last is what the roles are for.

All of it shares the cores of one machine, load generators included, so that the second turn also pays for the
processor that Argon2 takes from it; roles on machines of their own pay nothing.
"""

import argparse
import http.client
import json
import os
import random
import secrets
import socket
import statistics
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from ops.embedded import pytest_plugin  # starts throw-away servers and points the environment at them
from ops.embedded.processes import spawn

ROOT = Path(__file__).resolve().parents[1]
CLIENTS = 8
PASSWORD = secrets.token_urlsafe(16)
# How many times longer the median request waits when sign-ins share its role.
GOAL, REQUIRED = "sign_in_apart_from_api", 10.0
# A request beside a storm on the other role, in multiples of one in peace: two cores are shared by all.
GOAL_BESIDE, LONGEST_BESIDE = "api_p50_beside_sign_ins_at_most", 5.0


def start(role: str, port: int) -> subprocess.Popen[bytes]:
    """Start a role and return once it answers."""
    command = [sys.executable, str(ROOT / "manage.py"), "serve", "--role", role, "--port", str(port)]
    environment = {**os.environ, "TRUSTED_PROXIES": "1", "LOG_LEVEL": "WARNING"}
    process = spawn([*command, "--processes", "1"], env=environment)
    deadline = time.monotonic() + 60
    while True:
        try:
            ask(http.client.HTTPConnection("127.0.0.1", port, timeout=5))
            return process
        except OSError:
            assert process.poll() is None, f"{role} did not start"
            assert time.monotonic() < deadline, f"{role} does not answer"
            time.sleep(0.1)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def ask(connection: http.client.HTTPConnection) -> None:
    connection.request("GET", "/health/live")
    answer = connection.getresponse()
    answer.read()
    assert answer.status == 200


class Storm:
    """Clients that sign in without a pause, each time from another address, half of them with a wrong password."""

    def __init__(self, port: int | None) -> None:
        self.port, self.done, self.count, self.unexpected = port, threading.Event(), 0, 0
        clients = CLIENTS if port else 0
        self.threads = [threading.Thread(target=self._run, args=(number,)) for number in range(clients)]

    def _run(self, number: int) -> None:
        chance = random.Random(time.time_ns() + number)  # noqa: S311
        connection = http.client.HTTPConnection("127.0.0.1", self.port or 0, timeout=60)
        while not self.done.is_set():
            address = ".".join(str(chance.randrange(1, 250)) for _ in range(4))
            # An address that nobody has costs the same hash and no place in the limits of one that somebody has.
            body = {"email": f"nobody{chance.getrandbits(60)}@example.com", "password": PASSWORD}
            headers = {"Content-Type": "application/json", "X-Forwarded-For": address}
            connection.request("POST", "/api/v1/auth/login", json.dumps(body), headers)
            answer = connection.getresponse()
            answer.read()
            self.count += 1
            self.unexpected += answer.status != 401

    def __enter__(self) -> "Storm":
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, *_: Any) -> None:
        self.done.set()
        for thread in self.threads:
            thread.join()
        assert not self.unexpected, "a sign-in was answered by something else than 401"


def measure(port: int, storm_port: int | None, seconds: float) -> tuple[float, float, float]:
    """Return p50 and p99 in milliseconds, and the sign-ins a second beside them."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    times: list[float] = []
    with Storm(storm_port) as storm:
        time.sleep(0.3 if storm_port else 0)
        began = time.perf_counter()
        while (now := time.perf_counter()) - began < seconds:
            ask(connection)
            times.append((time.perf_counter() - now) * 1000)
        rate = storm.count / (time.perf_counter() - began)
    times.sort()
    return statistics.median(times), times[int(len(times) * 0.99)], rate


def main() -> int:
    """Measure, print and return the exit code: 1 when a goal is missed."""
    parser = argparse.ArgumentParser(description="What sign-ins cost the requests beside them.")
    parser.add_argument("--quick", action="store_true", help="three short turns instead of five long ones")
    quick = parser.parse_args().quick
    repetitions, seconds = (3, 2.0) if quick else (5, 6.0)
    assert pytest_plugin.TEMPLATE in os.environ["DATABASE_URL"]
    fast, slow = free_port(), free_port()
    processes = [start("api", fast), start("api-slow", slow)]
    turns = {"in peace": None, "beside sign-ins on api-slow": slow, "beside sign-ins on api itself": fast}
    found: dict[str, list[tuple[float, float, float]]] = {name: [] for name in turns}
    try:
        for _ in range(repetitions):
            for name, storm_port in turns.items():
                found[name].append(measure(fast, storm_port, seconds))
    finally:
        for process in processes:
            process.terminate()
            process.wait(timeout=30)
    print(f"GET /health/live on the api role, {repetitions} interleaved repetitions of {seconds:g} s, medians")
    medians: dict[str, float] = {}
    for name, measured in found.items():
        p50, p99, rate = (statistics.median(column) for column in zip(*measured, strict=True))
        medians[name] = p50
        print(f"{name:<32} p50 {p50:8.2f} ms  p99 {p99:8.2f} ms  {rate:6.1f} sign-ins/s")
    peace, beside, within = medians.values()
    apart, cost = within / beside, beside / peace
    print(f"goal {GOAL} measured {apart:.1f} required {REQUIRED:g} {'met' if apart >= REQUIRED else 'missed'}")
    is_near = cost <= LONGEST_BESIDE
    print(f"goal {GOAL_BESIDE} measured {cost:.2f} required {LONGEST_BESIDE:g} {'met' if is_near else 'missed'}")
    return int(apart < REQUIRED or not is_near)


if __name__ == "__main__":
    sys.exit(main())
