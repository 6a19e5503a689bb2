"""How often things happened and how long they took, added up over all processes and machines (/metrics shows it).

A process adds up in memory and hands its sums to one hash in Valkey every few seconds, from a thread of its own, and
after each task. Prometheus could not ask the processes themselves: one port is shared by several, and workers have
none (docs/decisions/0019-metrics.md). A process that is killed takes the counts of its last seconds along. A Valkey
that has lost everything begins at nothing, which Prometheus takes for what it is: a restart.

Labels are words of our own: kinds, channels, codes, names of routes. Never an id, an address or what somebody typed.
"""

from __future__ import annotations

import atexit
import os
import threading
import time
from bisect import bisect_left
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from celery.signals import task_postrun
from redis.exceptions import RedisError

from numerai.api import valkey

KEY = "numerai:counts"
EVERY = 5.0  # seconds
_BETWEEN = "\x1f"
_ADD = "for at = 1, #ARGV, 2 do redis.call('HINCRBY', KEYS[1], ARGV[at], ARGV[at + 1]) end"
_READ = "return redis.call('HGETALL', KEYS[1])"
MICROSECONDS = 1_000_000
# Beside its buckets a histogram has the sum of what was observed, in microseconds, and a bucket without an end.
SUM, ENDLESS = "sum", "+Inf"

# A name, the values of its labels and, for a histogram, the bucket.
Field = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Counter:
    """Something that is counted. The name ends in _total; `labels` are the names of its labels."""

    name: str
    help: str
    labels: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        _define(self)

    def add(self, count: int, *values: str) -> None:
        """Count so many more, with these values of the labels."""
        sums.add({(self.name, *values): count})


@dataclass(frozen=True, slots=True)
class Histogram:
    """Something that takes time. `bounds` are the ends of its buckets, in seconds."""

    name: str
    help: str
    labels: tuple[str, ...]
    bounds: tuple[float, ...]

    def __post_init__(self) -> None:
        _define(self)

    def observe(self, seconds: float, *values: str) -> None:
        """Note how long one took, with these values of the labels."""
        sums.add(self.fields(seconds, *values))

    def fields(self, seconds: float, *values: str) -> dict[Field, int]:
        """Return what one observation adds, for who adds several things at once."""
        place = bisect_left(self.bounds, seconds)
        bucket = str(float(self.bounds[place])) if place < len(self.bounds) else ENDLESS
        return {(self.name, *values, bucket): 1, (self.name, *values, SUM): int(seconds * MICROSECONDS)}


_defined: dict[str, Counter | Histogram] = {}


def _define(counted: Counter | Histogram) -> None:
    if counted.name in _defined:
        raise ValueError(f"{counted.name} is counted already")
    _defined[counted.name] = counted


def list_defined() -> list[Counter | Histogram]:
    """Return everything that the imported apps count."""
    return list(_defined.values())


class _Sums:
    """What this process has counted and not handed over yet."""

    def __init__(self) -> None:
        self._begin_anew()
        # A child counts for itself; what its parent has counted is the parent's to hand over.
        os.register_at_fork(after_in_child=self._begin_anew)
        atexit.register(self.hand_over)

    def _begin_anew(self) -> None:
        self._lock = threading.Lock()
        self._sums: dict[Field, int] = {}
        self._is_watched = False

    def add(self, more: Mapping[Field, int]) -> None:
        with self._lock:
            for field, count in more.items():
                self._sums[field] = self._sums.get(field, 0) + count
            is_watched, self._is_watched = self._is_watched, True
        if not is_watched:
            threading.Thread(target=self._hand_over_for_ever, name="counters", daemon=True).start()

    def hand_over(self) -> None:
        """Add to Valkey what was counted since the last time, or keep it for the next if Valkey cannot be asked.

        Where only the answer was lost, the same is added twice.
        """
        with self._lock:
            counted, self._sums = self._sums, {}
        if not counted:
            return
        arguments = [part for field, count in counted.items() for part in (_BETWEEN.join(field), count)]
        try:
            valkey.run(_ADD, keys=[KEY], args=arguments)
        except RedisError:
            self.add(counted)

    def _hand_over_for_ever(self) -> None:
        while True:
            time.sleep(EVERY)
            self.hand_over()


sums = _Sums()


@task_postrun.connect
def _hand_over_after_a_task(**_: Any) -> None:
    # The pool ends its children without asking them.
    sums.hand_over()


def read() -> dict[str, dict[Field, int]]:
    """Return everything counted so far: by name, then by the rest of the field. Raises RedisError."""
    sums.hand_over()
    found: dict[str, dict[Field, int]] = {}
    raw = valkey.run(_READ, keys=[KEY], args=[])
    for field, count in zip(raw[::2], raw[1::2], strict=True):
        name, *rest = field.decode().split(_BETWEEN)
        found.setdefault(name, {})[tuple(rest)] = int(count)
    return found
