"""Reads of plans."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.db.models import CharField, OuterRef, Subquery, Value
from django.db.models.functions import Coalesce

from payments.entitlements import Entitlement, Plan, allowance
from payments.exceptions import PlanLimitReached
from payments.models import PlanGrant


def tier_of(user_id: UUID) -> str:
    """Return the plan a member is on."""
    granted = PlanGrant.objects.in_force().filter(user_id=user_id).values_list("plan", flat=True).first()
    return granted or Plan.FREE.value


def tier_expression() -> Any:
    """Return the same as an expression over a row of accounts, for queries that read the account anyway."""
    granted = PlanGrant.objects.in_force().filter(user_id=OuterRef("pk")).values("plan")[:1]
    return Coalesce(Subquery(granted), Value(Plan.FREE.value), output_field=CharField())


def get_allowance(*, user_id: UUID, entitlement: Entitlement) -> int:
    """Return how much of something a member's plan gives."""
    return allowance(tier_of(user_id), entitlement)


def require_room(*, user_id: UUID, entitlement: Entitlement, used: int) -> None:
    """Raise PlanLimitReached unless a member's plan gives more of something than is used."""
    limit = get_allowance(user_id=user_id, entitlement=entitlement)
    if used >= limit:
        raise PlanLimitReached(details={"entitlement": entitlement.value, "limit": limit})


def export_grants(user_id: UUID) -> dict[str, Any]:
    """Return what is kept about a member, for an export of personal data."""
    rows = PlanGrant.objects.filter(user_id=user_id).order_by("pk")
    return {
        "plan_grants": [
            {
                "plan": row.plan,
                "reason": row.reason,
                "starts_at": row.starts_at.isoformat(),
                "ends_at": (row.ended_at or row.ends_at).isoformat(),
            }
            for row in rows
        ]
    }
