"""How many messages a second all processes together may hand to a provider: a bucket in Valkey.

The bucket is one number, the moment at which everything granted so far will have been sent at the rate. A process takes
a step of messages at a time, so that Valkey is asked once for a hundred messages. Without Valkey there is no limit but
the provider's own answer (429, with Retry-After).
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field

from redis.exceptions import RedisError

from numerai.api import valkey
from numerai.counters import Histogram

WAITED = Histogram(
    "numerai_push_pace_seconds",
    "How long a sender waited for its share of the rate; one wait serves up to a hundred messages.",
    ("channel",),
    (0.01, 0.05, 0.1, 0.5, 1, 5),
)
_STEP = 100
# How far a burst may run ahead of the rate, in microseconds.
_BURST = 100_000
# KEYS[1] the bucket. ARGV: messages a second, how many are wanted, the burst. Returns how many are granted, and, if
# none, in how many microseconds to ask again. The server's clock, so that all processes agree.
_TAKE = """
local clock = redis.call('TIME')
local now = clock[1] * 1000000 + clock[2]
local each = 1000000 / tonumber(ARGV[1])
local taken_until = math.max(now, tonumber(redis.call('GET', KEYS[1]) or '0'))
local room = math.max(1, math.floor(tonumber(ARGV[3]) / each))
local free = math.floor((now - taken_until) / each) + room
local granted = math.max(0, math.min(tonumber(ARGV[2]), free))
if granted > 0 then
  local ahead = taken_until + granted * each
  redis.call('SET', KEYS[1], string.format('%.0f', ahead), 'PX', math.ceil((ahead - now) / 1000) + 1000)
  return {granted, 0}
end
return {0, math.ceil((1 - free) * each)}
"""


def take(name: str, *, wanted: int, rate: int) -> tuple[int, float]:
    """Take up to `wanted` messages; return how many are granted and, if none, in how many seconds to ask again."""
    try:
        granted, wait = valkey.run(_TAKE, keys=[f"numerai:pace:{name}"], args=[rate, wanted, _BURST])
    except RedisError:
        return wanted, 0.0
    return int(granted), int(wait) / 1_000_000


@dataclass(slots=True)
class Pace:
    """One process's share of a rate. Belongs to one event loop."""

    name: str
    _granted: int = 0
    _lock: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def turn(self, rate: int) -> None:
        """Return when one more message may go."""
        while self._granted < 1:
            async with self._lock:
                if self._granted < 1:
                    granted, wait = await asyncio.to_thread(take, self.name, wanted=min(_STEP, rate), rate=rate)
                    self._granted += granted
                    if wait:
                        WAITED.observe(wait, self.name)
                        await asyncio.sleep(wait)
        self._granted -= 1

    def give_back(self) -> None:
        """Let the next one have a turn that was not needed."""
        self._granted += 1
