"""Everything that changes which plan somebody is on."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db import transaction

from authentication.services import audit
from numerai.api.exceptions import InvalidInput
from numerai.hooks import member_changed
from payments.entitlements import Plan
from payments.models import PlanGrant

PLAN_FIELD = frozenset({"plan"})


def grant_plan(
    *, user_id: UUID, plan: str, reason: str, ends_at: datetime, granted_by: UUID, now: datetime
) -> PlanGrant:
    """Give a member a plan from now until `ends_at`. Raises InvalidInput without a reason or with an end in the past.

    Grants may overlap; the member is on the plan until the last of them ends.
    """
    errors: dict[str, list[str]] = {}
    if plan not in Plan.values or plan == Plan.FREE:
        errors["plan"] = [f"Takes one of: {', '.join(value for value in Plan.values if value != Plan.FREE)}."]
    if not reason.strip():
        errors["reason"] = ["Say why."]
    if ends_at <= now:
        errors["ends_at"] = ["Takes a moment in the future."]
    if errors:
        raise InvalidInput(errors)
    with transaction.atomic():
        grant = PlanGrant.objects.create(
            user_id=user_id, plan=plan, reason=reason.strip(), starts_at=now, ends_at=ends_at, granted_by_id=granted_by
        )
        audit.record("plan_granted", actor_id=granted_by, subject_id=user_id)
        member_changed(user_id=user_id, fields=PLAN_FIELD)
    return grant


def end_grant(*, grant_id: UUID, ended_by: UUID, now: datetime) -> bool:
    """Take a grant back; return False if it has ended already."""
    with transaction.atomic():
        running = PlanGrant.objects.filter(pk=grant_id, ended_at=None, ends_at__gt=now)
        if running.update(ended_at=now) != 1:
            return False
        user_id = PlanGrant.objects.values_list("user_id", flat=True).get(pk=grant_id)
        audit.record("plan_grant_ended", actor_id=ended_by, subject_id=user_id)
        member_changed(user_id=user_id, fields=PLAN_FIELD)
    return True


def erase_grants(user_id: UUID) -> None:
    """Forget every grant of a member."""
    PlanGrant.objects.filter(user_id=user_id).delete()
