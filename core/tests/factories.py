"""Profiles for the tests of every app."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from authentication.models import User
from core.models import NumerologyProfile
from core.services.profiles import create_profile

NOW = datetime(2026, 5, 5, 12, tzinfo=UTC)
CRUISE = {"birth_name": "Thomas Cruise Mapother IV", "birth_date": "1962-07-03", "label": "Tom", "relation": "self"}


def make_profile(user: User, *, now: datetime = NOW, **inputs: Any) -> NumerologyProfile:
    """Return a profile of CRUISE's birth data, or of others; a member's first one is the primary one."""
    return create_profile(user_id=user.pk, inputs={**CRUISE, **inputs}, has_consent=True, now=now)
