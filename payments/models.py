"""Tables of who is on which plan, and why."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now

from numerai.db import UUIDv7
from payments.entitlements import Plan


class PlanGrantQuerySet(models.QuerySet["PlanGrant"]):
    def in_force(self) -> PlanGrantQuerySet:
        """Return the grants that hold now, by the database's clock: tiers are asked for where no clock was read."""
        return self.filter(ended_at=None, starts_at__lte=Now(), ends_at__gt=Now())


class PlanGrant(models.Model):
    """A plan that staff gave a member, with a reason and an end. Written by services.py only."""

    id = models.UUIDField(primary_key=True, db_default=UUIDv7(), editable=False)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, db_index=False, related_name="+")
    plan = models.CharField(max_length=20, choices=[(plan.value, plan.label) for plan in Plan if plan != Plan.FREE])
    reason = models.CharField(max_length=200, help_text="Why, in a few words that the member may read.")
    starts_at = models.DateTimeField(editable=False)
    ends_at = models.DateTimeField()
    # Set when staff took it back before its end.
    ended_at = models.DateTimeField(null=True, editable=False)
    granted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+", editable=False
    )
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    objects = PlanGrantQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(plan__in=[Plan.PREMIUM]), name="grant_of_a_paid_plan"),
            models.CheckConstraint(condition=Q(ends_at__gt=F("starts_at")), name="grant_ends_after_start"),
            models.CheckConstraint(condition=~Q(reason=""), name="grant_has_reason"),
        ]
        indexes = [models.Index(fields=["user", "-ends_at"], name="grant_of_user")]

    def __str__(self) -> str:
        return str(self.pk)
