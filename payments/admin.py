from __future__ import annotations

from datetime import datetime
from typing import Any, cast
from uuid import UUID

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import ValidationError
from django.db.models import Model, QuerySet
from django.http import HttpRequest
from django.utils import timezone

from authentication.models import User
from numerai.staff import StaffModelAdmin
from payments.models import PlanGrant
from payments.services import end_grant, grant_plan


def _staff_id(request: HttpRequest) -> UUID:
    return cast(User, request.user).pk


class PlanGrantForm(forms.ModelForm):  # type: ignore[type-arg]
    def clean_ends_at(self) -> datetime:
        ends_at: datetime = self.cleaned_data["ends_at"]
        if ends_at <= timezone.now():
            raise ValidationError("Takes a moment in the future.")
        return ends_at


@admin.register(PlanGrant)
class PlanGrantAdmin(StaffModelAdmin):
    """Plans given by staff. A grant is not rewritten: it is ended, and another one given."""

    form = PlanGrantForm
    list_display = ["id", "user_id", "plan", "reason", "starts_at", "ends_at", "ended_at", "granted_by_id"]
    fields = ["user", "plan", "reason", "ends_at"]
    list_filter = ["plan", "ends_at"]
    raw_id_fields = ["user"]
    ordering = ["-pk"]
    search_fields = ["user__id__exact"]
    search_help_text = "The id of an account."
    actions = ["end_grants"]

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return obj is None and super().has_change_permission(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def save_model(self, request: HttpRequest, obj: PlanGrant, form: Any, change: bool) -> None:
        made = grant_plan(
            user_id=obj.user_id,
            plan=obj.plan,
            reason=obj.reason,
            ends_at=obj.ends_at,
            granted_by=_staff_id(request),
            now=timezone.now(),
        )
        obj.pk = made.pk

    @admin.action(description="End the selected grants now", permissions=["change"])
    def end_grants(self, request: HttpRequest, queryset: QuerySet[PlanGrant]) -> None:
        now = timezone.now()
        ended = [end_grant(grant_id=grant.pk, ended_by=_staff_id(request), now=now) for grant in queryset]
        messages.success(request, f"{sum(ended)} of {len(ended)} ended; the others had ended before.")
