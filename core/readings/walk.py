"""Which passage of a slot comes on which day: a walk through one fixed order per member, slot and key.

The order is never shuffled again, so a passage comes back only when nearly all others of its key were shown. The five
slots of the day go one step on each day whose personal day has that root, all others one step a day. Slots of as many
passages would keep step for ever, and the same message always meet the same try: so some begin each round later.
"""

from __future__ import annotations

from datetime import date
from functools import lru_cache
from hashlib import blake2b
from uuid import UUID

from core.content.catalogue import DAY_SLOTS
from core.numerology.day_table import COUNTED_FROM

# How many places later a slot begins each round. A passage comes back that many steps sooner than a round, at most.
DRIFT = {"try": 1, "watch": 1, "affirmation": 2, "lens": 1}


@lru_cache(maxsize=4096)
def order(member: UUID, slot: str, key: int, count: int) -> tuple[int, ...]:
    """Return the member's own order of the places 0 to `count` - 1 of a slot's key.

    Places are sorted by their hash, which is the same in every process and in every version of Python.

    >>> sorted(order(UUID(int=7), "headline", 4, 20)) == list(range(20))
    True
    """
    base = blake2b(f"{member.hex}:{slot}:{key}".encode(), digest_size=16)

    def rank(place: int) -> bytes:
        hashed = base.copy()
        hashed.update(b":%d" % place)
        return hashed.digest()

    return tuple(sorted(range(count), key=rank))


def step_of(slot: str, *, day: date, day_count: int) -> int:
    """Return how far a slot's walk has come: `day_count` is that of the day table.

    >>> step_of("lens", day=date(2020, 1, 3), day_count=1), step_of("headline", day=date(2020, 1, 3), day_count=1)
    (2, 1)
    """
    return day_count if slot in DAY_SLOTS else (day - COUNTED_FROM).days


def place_on(member: UUID, slot: str, key: int, *, count: int, step: int) -> int:
    """Return the place of the passage at a step of the walk. Raises ValueError where there are no passages."""
    if count < 1:
        raise ValueError(f"slot {slot} has no passages for {key}")
    return order(member, slot, key, count)[(step + step // count * DRIFT.get(slot, 0)) % count]
