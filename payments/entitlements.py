"""What each plan gives: one table, and the only place to ask.

How many requests a plan may make is in numerai/api/limits.py; everything else that differs between plans is here.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

from django.db import models


class Plan(models.TextChoices):
    """The plans; a member without a grant is on the free one."""

    FREE = "free"
    PREMIUM = "premium"


class Entitlement(StrEnum):
    """What a plan may give."""

    # How many people's birth data a member may keep, their own included.
    NUMEROLOGY_PROFILES = "numerology_profiles"


ENTITLEMENTS: Mapping[Entitlement, Mapping[Plan, int]] = {
    Entitlement.NUMEROLOGY_PROFILES: {Plan.FREE: 3, Plan.PREMIUM: 50},
}


def allowance(tier: str, entitlement: Entitlement) -> int:
    """Return how much of something a tier gives.

    >>> allowance("free", Entitlement.NUMEROLOGY_PROFILES)
    3
    """
    return ENTITLEMENTS[entitlement][Plan(tier)]
