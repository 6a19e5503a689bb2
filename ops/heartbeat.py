"""Signs of life of the worker and beat, kept in the cache.

The worker's is written by its own event timer, beat's by the loop that sends the tasks: a process whose thread runs
while its work stands still would otherwise look alive.
"""

from __future__ import annotations

import time
from typing import Any

import redis
import structlog
from celery.beat import PersistentScheduler
from celery.signals import heartbeat_sent, worker_ready
from django.conf import settings
from django.core.cache import cache

from ops import timetable

log = structlog.get_logger(__name__)

INTERVAL = 10
# Three missed signs and the process counts as gone.
STALE_AFTER = 3 * INTERVAL
_KEEP = 24 * 3600
# The urgent worker has a sign of its own: either could be gone while the other lives.
PARTS = ("beat", "worker", "worker_urgent")


def _key(part: str) -> str:
    return f"heartbeat:{part}"


class Heart:
    """Beats for one part ("worker" or "beat"), at most once an interval however often it is asked to."""

    def __init__(self, part: str) -> None:
        self._part = part
        self._next = 0.0

    def beat(self) -> None:
        """Write the sign if one is due. A cache that is down is not this process's failure."""
        if time.monotonic() < self._next:
            return
        self._next = time.monotonic() + INTERVAL
        try:
            cache.set(_key(self._part), time.time(), _KEEP)
        except (redis.RedisError, OSError) as error:
            log.warning("heartbeat_not_written", part=self._part, error=type(error).__name__)


def age_of(part: str) -> float | None:
    """Return the seconds since the last sign of `part`, or None if there was none in a day."""
    written: float | None = cache.get(_key(part))
    return None if written is None else max(0.0, time.time() - written)


class HeartbeatScheduler(PersistentScheduler):
    """Celery's scheduler, whose every turn is a sign of life."""

    # The loop otherwise sleeps up to five minutes when nothing is due.
    max_interval = INTERVAL

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self._heart = Heart("beat")
        super().__init__(*args, **kwargs)

    def tick(self, *args: Any, **kwargs: Any) -> float:
        self._heart.beat()
        return min(super().tick(*args, **kwargs), INTERVAL)

    def apply_async(self, entry: Any, *args: Any, **kwargs: Any) -> Any:
        """Send a task with the name of its entry, under which the worker writes down how it went."""
        entry.options.setdefault("headers", {})[timetable.HEADER] = entry.name
        return super().apply_async(entry, *args, **kwargs)


_worker_heart = Heart("worker_urgent" if settings.NUMERAI_ROLE == "worker-urgent" else "worker")


@worker_ready.connect
@heartbeat_sent.connect
def _on_worker_sign(**_: Any) -> None:
    _worker_heart.beat()
