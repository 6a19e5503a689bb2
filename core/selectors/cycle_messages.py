"""What is told of a change of cycles, asked for when it is sent or an inbox is read (notifications.sources)."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any
from uuid import UUID

import structlog

from core.models import NumerologyProfile
from core.numerology import Reduction
from core.numerology.errors import EngineError
from core.readings.ahead import Turn, turning_on
from core.selectors.profiles import chart_of
from notifications.sources import Asked
from numerai.crypto import CryptoError

log = structlog.get_logger(__name__)

# What a message calls a cycle (notifications.kinds).
_NAMES = {"period": "period", "pinnacle": "pinnacle", "challenge": "challenge", "personal_year": "year"}


def say_changes(asked: Sequence[Asked]) -> Mapping[UUID, Mapping[str, Any]]:
    """Return what begins, by the id of the delivery or item; one query for all.

    Nothing is said to members whose birth data are others by now, so that nothing begins on that day any more.
    """
    turns = {each.id: Turn.from_text(each.subject) for each in asked}
    found = find_turning({(each.user_id, turns[each.id]) for each in asked})
    said: dict[UUID, dict[str, Any]] = {}
    for each in asked:
        turn = turns[each.id]
        numbers = found.get((each.user_id, turn))
        if numbers:
            said[each.id] = {"turns_on": turn.on.isoformat(), "in_days": turn.in_days}
            for cycle, number in numbers.items():
                said[each.id] |= {_NAMES[cycle]: str(number.value), f"{_NAMES[cycle]}_root": number.root}
    return said


def find_turning(sought: Collection[tuple[UUID, Turn]]) -> dict[tuple[UUID, Turn], dict[str, Reduction]]:
    """Return what begins for each member on each day, without those for whom nothing does; one query for all.

    A profile that cannot be read or worked with turns nothing: its member has a reading, and no message.
    """
    profiles = NumerologyProfile.objects.filter(user_id__in={user_id for user_id, _ in sought}, is_primary=True)
    by_member = {profile.user_id: profile for profile in profiles}
    found: dict[tuple[UUID, Turn], dict[str, Reduction]] = {}
    unreadable: dict[UUID, str] = {}
    for user_id, turn in sought:
        profile = by_member.get(user_id)
        if profile is None:
            continue
        try:
            numbers = turning_on(chart_of(profile, on=None, explain=False), turn.on)
        except (EngineError, CryptoError, ValueError) as error:
            unreadable[user_id] = type(error).__name__
            continue
        if numbers:
            found[user_id, turn] = numbers
    if unreadable:
        # One line for all: where a key is missing, that may be everybody.
        one = min(unreadable)
        log.warning("turns_not_found", members=len(unreadable), one_of_them=str(one), error=unreadable[one])
    return found
