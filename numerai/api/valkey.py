"""The one connection to Valkey outside Django's cache: scripts, with a short fuse.

A server that is down or hangs must not hold requests: the first failure costs at most the socket timeout, and for the
next few seconds nobody asks again.
"""

from __future__ import annotations

import os
import threading
import time
from functools import lru_cache
from typing import Any

import redis
import structlog
from django.conf import settings
from redis.backoff import NoBackoff
from redis.commands.core import Script
from redis.exceptions import ConnectionError as ValkeyConnectionError
from redis.exceptions import RedisError
from redis.retry import Retry

from numerai import valkey_url

logger = structlog.get_logger("numerai.valkey")

SOCKET_TIMEOUT = 0.5
PAUSE = 5.0


class ValkeyPaused(RedisError):
    """Valkey failed a moment ago and is not asked now."""


class _Fuse:
    """Remembers, for this process, until when Valkey is left alone."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._blown_until = 0.0

    def is_blown(self) -> bool:
        return time.monotonic() < self._blown_until

    def blow(self, error: RedisError) -> None:
        """Pause; of several threads that fail together one writes the line."""
        with self._lock:
            if self.is_blown():
                return
            self._blown_until = time.monotonic() + PAUSE
        logger.warning("valkey cannot be asked", error=type(error).__name__, pause_seconds=PAUSE)

    def mend(self) -> None:
        self._blown_until = 0.0


fuse = _Fuse()


@lru_cache(maxsize=4)
def _client(url: str, process: int) -> redis.Redis:
    """Return this process's client; a forked child must not share its parent's sockets."""
    return valkey_url.client(
        url,
        socket_connect_timeout=SOCKET_TIMEOUT,
        socket_timeout=SOCKET_TIMEOUT,
        # Once more on a connection that an earlier restart of the server has closed; never after a timeout.
        retry=Retry(NoBackoff(), 1, supported_errors=(ValkeyConnectionError,)),
    )


@lru_cache(maxsize=16)
def _script(url: str, process: int, source: str) -> Script:
    return _client(url, process).register_script(source)


def run(source: str, *, keys: list[str], args: list[Any]) -> Any:
    """Run a Lua script (by its hash once the server knows it). Raises RedisError when Valkey cannot be asked."""
    if fuse.is_blown():
        raise ValkeyPaused
    try:
        return _script(settings.REDIS_URL, os.getpid(), source)(keys=keys, args=args)
    except RedisError as error:
        fuse.blow(error)
        raise
