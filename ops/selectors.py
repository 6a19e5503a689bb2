"""Reads that join the apps, for the staff's pages."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Count, Q

from authentication.models import AccountDeletion, DataExport, Session, User
from authentication.selectors import get_second_factor_of
from core.models import NumerologyProfile
from notifications.models import Delivery, Device
from payments.models import PlanGrant
from payments.selectors import tier_of

_NEWEST = 20


@dataclass(frozen=True, slots=True)
class MemberView:
    """What support sees of a member: states and moments, nothing of what was written, sent or born."""

    plan: str
    grants: Sequence[PlanGrant]
    has_second_factor: bool
    sessions: Sequence[Session]
    devices: Sequence[Device]
    deliveries: Sequence[Mapping[str, Any]]
    profiles: int
    deletion: AccountDeletion | None
    export: DataExport | None


def get_member_view(user: User, *, now: datetime) -> MemberView:
    """Return it in a fixed number of queries, each served by an index on the member."""
    mine = Q(user_id=user.pk)
    deliveries = Delivery.objects.filter(mine).order_by("-due_on", "-id")
    return MemberView(
        plan=tier_of(user.pk),
        grants=list(PlanGrant.objects.filter(mine).order_by("-ends_at")[:_NEWEST]),
        has_second_factor=get_second_factor_of(user_id=user.pk).is_enabled,
        sessions=list(
            Session.objects.filter(mine, ended_at=None, expires_at__gt=now).order_by("-last_seen_at")[:_NEWEST]
        ),
        devices=list(Device.objects.filter(mine).defer("address").order_by("-refreshed_at")[:_NEWEST]),
        deliveries=list(
            deliveries.values("kind", "channel", "state", "outcome", "attempts", "created_at", "ended_at")[:_NEWEST]
        ),
        profiles=NumerologyProfile.objects.filter(mine).aggregate(count=Count("pk"))["count"],
        deletion=AccountDeletion.objects.filter(mine).defer("traces").first(),
        export=DataExport.objects.filter(mine).defer("archive").order_by("-asked_at").first(),
    )


def list_birth_data(user_id: UUID) -> list[dict[str, str]]:
    """Return the birth data of a member's profiles. The view that asks has a purpose, and writes it down."""
    rows = NumerologyProfile.objects.filter(user_id=user_id).order_by("-is_primary", "pk")
    return [
        {
            "label": row.label,
            "relation": row.get_relation_display(),
            "birth_name": _as_text(row.birth_name),
            "current_name": _as_text(row.current_name),
            "birth_date": row.birth_date,
        }
        for row in rows
    ]


def _as_text(name: Any) -> str:
    if not isinstance(name, dict):
        return name or ""
    parts = [name["first"], *name["middle"], name["last"], name["suffix"]]
    return " ".join(part for part in parts if part)
