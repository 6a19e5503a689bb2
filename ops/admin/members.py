"""The page of one member: how they stand with us, and what support may do for them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any, cast
from uuid import UUID

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db import models
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.views.decorators.http import require_POST

from authentication.admin import UserAdmin
from authentication.callers import caller_of
from authentication.models import User
from authentication.services import audit, deletion, exports, support
from numerai.api.exceptions import AppError, InvalidInput
from ops.selectors import get_member_view, list_birth_data
from payments.entitlements import Plan
from payments.services import grant_plan

# Helping is less than changing: who may set an address or a password could become the member.
HELP = "authentication.help_member"
BIRTH_DATA = "core.view_numerologyprofile"
GRANT_PLAN = "payments.add_plangrant"
ERASE = "authentication.delete_user"
LONGEST_GRANT = 3660  # days


class Purpose(models.TextChoices):
    """Why somebody of the staff looks at birth data."""

    MEMBER_ASKED = "member_asked", "The member asked us to look"
    FAULT = "fault", "To find a fault in what was calculated"
    LAW = "law", "A legal request"


admin.site.unregister(User)


@admin.register(User)
class MemberAdmin(UserAdmin):
    """Accounts, each with what the other apps know of it."""

    change_form_outer_before_template = "ops/admin/member.html"

    def get_urls(self) -> list[URLPattern]:
        act, look = require_POST(self.act_view), require_POST(self.birth_data_view)
        return [
            path("<uuid:user_id>/act/", self.admin_site.admin_view(act), name="member_act"),
            path("<uuid:user_id>/birth-data/", self.admin_site.admin_view(look), name="member_birth_data"),
            *super().get_urls(),
        ]

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        member = self.get_object(request, object_id) if request.method == "GET" else None
        context = self._context(request, member) if member and self.has_view_permission(request, member) else {}
        return super().change_view(request, object_id, form_url, {**(extra_context or {}), **context})

    def _context(self, request: HttpRequest, member: User) -> dict[str, Any]:
        user = cast(User, request.user)
        may_help = self.has_help_permission(request, member)
        return {
            "member": member,
            "view": get_member_view(member, now=timezone.now()),
            "purposes": Purpose.choices,
            "may": {
                "help": may_help,
                "grant": may_help and user.has_perm(GRANT_PLAN),
                "erase": may_help and user.has_perm(ERASE) and not member.is_staff,
                "see_birth_data": user.has_perm(BIRTH_DATA),
            },
        }

    def has_help_permission(self, request: HttpRequest, member: User) -> bool:
        """Say who may act for a member: staff accounts are helped by superusers only."""
        user = cast(User, request.user)
        is_staff_account = member.is_staff or member.is_superuser
        return user.has_perm(HELP) and (user.is_superuser or not is_staff_account)

    def _member(self, request: HttpRequest, user_id: UUID) -> User:
        member = User.objects.filter(pk=user_id).first()
        if member is None:
            raise Http404
        if not self.has_view_permission(request, member):
            raise PermissionDenied
        return member

    def act_view(self, request: HttpRequest, user_id: UUID) -> HttpResponse:
        """Do what a button of the page asks for, and lead back to it."""
        member = self._member(request, user_id)
        act = _ACTS.get(request.POST.get("do", ""))
        if act is None:
            raise Http404
        needed, do = act
        if not self.has_help_permission(request, member) or not request.user.has_perm(needed):
            raise PermissionDenied
        try:
            messages.success(request, do(request, member, timezone.now()))
        except InvalidInput as refusal:
            for lines in refusal.details["fields"].values():
                messages.error(request, " ".join(lines))
        except AppError as refusal:
            messages.error(request, refusal.message)
        return HttpResponseRedirect(reverse("admin:authentication_user_change", args=[member.pk]))

    def birth_data_view(self, request: HttpRequest, user_id: UUID) -> HttpResponse:
        """Show birth data to who says why; the purpose is in the audit log before anything is shown."""
        member = self._member(request, user_id)
        if not request.user.has_perm(BIRTH_DATA):
            raise PermissionDenied
        purpose = request.POST.get("purpose", "")
        if purpose not in Purpose.values:
            messages.error(request, "Say what it is for.")
            return HttpResponseRedirect(reverse("admin:authentication_user_change", args=[member.pk]))
        _record(request, f"birth_data_seen_{purpose}", member)
        context = {
            **self.admin_site.each_context(request),
            "title": "Birth data",
            "member": member,
            "purpose": Purpose(purpose).label,
            "people": list_birth_data(member.pk),
        }
        return TemplateResponse(request, "ops/admin/birth_data.html", context)


def _staff_id(request: HttpRequest) -> UUID:
    return cast(User, request.user).pk


def _record(request: HttpRequest, act: str, member: User) -> None:
    audit.record(act, actor_id=_staff_id(request), subject_id=member.pk, caller=caller_of(request))


def _resend(request: HttpRequest, member: User, now: datetime) -> str:
    support.resend_verification(user=member, staff_id=_staff_id(request), caller=caller_of(request), now=now)
    return "Another code is on its way to the member."


def _end_sessions(request: HttpRequest, member: User, now: datetime) -> str:
    ended = support.end_sessions_of(user=member, staff_id=_staff_id(request), caller=caller_of(request), now=now)
    return f"Signed out everywhere: {ended} sessions ended."


def _close(request: HttpRequest, member: User, now: datetime) -> str:
    support.set_active(user=member, is_active=False, staff_id=_staff_id(request), caller=caller_of(request), now=now)
    return "The account is closed to its member."


def _open(request: HttpRequest, member: User, now: datetime) -> str:
    support.set_active(user=member, is_active=True, staff_id=_staff_id(request), caller=caller_of(request), now=now)
    return "The account is open again."


def _export(request: HttpRequest, member: User, now: datetime) -> str:
    exports.ask_for_export(user_id=member.pk, caller=caller_of(request), now=now, asked_by=_staff_id(request))
    return "The copy is being made; its link goes to the member."


def _erase(request: HttpRequest, member: User, now: datetime) -> str:
    asked = deletion.schedule_deletion(user=member, asked_by=_staff_id(request), caller=caller_of(request), now=now)
    return f"Will be erased on {asked.erase_at:%-d %B %Y}; the member was told, and signing in calls it off."


def _grant(request: HttpRequest, member: User, now: datetime) -> str:
    days = request.POST.get("days", "")
    if not days.isdecimal() or not 0 < int(days) <= LONGEST_GRANT:
        raise InvalidInput({"days": [f"Takes a number of days from 1 to {LONGEST_GRANT}."]})
    ends_at = now + timedelta(days=int(days))
    grant_plan(
        user_id=member.pk,
        plan=Plan.PREMIUM.value,
        reason=request.POST.get("reason", "")[:200],
        ends_at=ends_at,
        granted_by=_staff_id(request),
        now=now,
    )
    return f"Premium until {ends_at:%-d %B %Y}."


# By the name of the button: which permission it takes beside HELP, and what it does.
_ACTS: dict[str, tuple[str, Callable[[HttpRequest, User, datetime], str]]] = {
    "resend": (HELP, _resend),
    "end_sessions": (HELP, _end_sessions),
    "close": (HELP, _close),
    "open": (HELP, _open),
    "export": (HELP, _export),
    "erase": (ERASE, _erase),
    "grant": (GRANT_PLAN, _grant),
}
