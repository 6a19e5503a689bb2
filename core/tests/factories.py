"""Profiles for the tests of every app."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from authentication.models import User
from core.forecasts.feed import INCLUDES
from core.models import CalendarFeed, Comparison, NumerologyProfile
from core.numerology import Person, compare
from core.services.calendar_feeds import create_feed
from core.services.comparisons import remember_comparison
from core.services.profiles import create_profile

NOW = datetime(2026, 5, 5, 12, tzinfo=UTC)
CRUISE = {"birth_name": "Thomas Cruise Mapother IV", "birth_date": "1962-07-03", "label": "Tom", "relation": "self"}


def make_profile(user: User, *, now: datetime = NOW, **inputs: Any) -> NumerologyProfile:
    """Return a profile of CRUISE's birth data, or of others; a member's first one is the primary one."""
    return create_profile(user_id=user.pk, inputs={**CRUISE, **inputs}, has_consent=True, now=now)


def make_comparison(user: User, *, label: str = "Ada") -> Comparison:
    """Return a comparison of two people given in the request, as it is remembered."""
    compared = compare(Person("1815-12-10"), Person("1791-12-26"), on="2026-05-05")
    return remember_comparison(
        user_id=user.pk, profile_ids=(None, None), labels=(label, None), compared=compared, score=None
    )


def make_feed(user: User, **fields: Any) -> CalendarFeed:
    """Return a calendar feed of the member's primary profile with everything in it."""
    return create_feed(user_id=user.pk, **{"profile_id": None, "includes": list(INCLUDES), **fields})
