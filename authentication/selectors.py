"""Reads of one's own account."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import BooleanField, Case, QuerySet, Value, When

from authentication.models import RecoveryCode, SecondFactor, Session, User


def get_account(*, user_id: UUID) -> User:
    """Return a member's own account."""
    return User.objects.get(pk=user_id)


def list_sessions_of(*, user_id: UUID, current: UUID, now: datetime) -> QuerySet[Session]:
    """Return a member's live sessions, the latest seen first; `is_current` marks the one that asks."""
    is_current = Case(When(pk=current, then=Value(True)), default=Value(False), output_field=BooleanField())
    live = Session.objects.filter(user_id=user_id, ended_at=None, expires_at__gt=now)
    return live.annotate(is_current=is_current).order_by("-last_seen_at", "-pk")


@dataclass(frozen=True, slots=True)
class SecondFactorState:
    is_enabled: bool
    recovery_codes_left: int


def get_second_factor_of(*, user_id: UUID) -> SecondFactorState:
    """Return whether a member's second factor is on, and how many recovery codes are left."""
    return SecondFactorState(
        is_enabled=SecondFactor.objects.filter(user_id=user_id, confirmed_at__isnull=False).exists(),
        recovery_codes_left=RecoveryCode.objects.filter(user_id=user_id, used_at=None).count(),
    )
