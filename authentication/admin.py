from __future__ import annotations

from typing import Any, cast
from uuid import UUID

from django.contrib import admin
from django.contrib.auth.admin import GroupAdmin as DjangoGroupAdmin
from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin
from django.contrib.auth.models import Group
from django.db import transaction
from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from unfold.forms import AdminPasswordChangeForm, UserChangeForm, UserCreationForm

from authentication.callers import caller_of
from authentication.models import Act, ApiKey, AuditEvent, EndReason, ErasureReport, Identity, Session, User
from authentication.services import api_keys, audit, contact, notices, sessions
from authentication.tombstones import mark_of
from notifications.kinds import Kind
from numerai.hooks import member_changed
from numerai.staff import LookedAtOnly, StaffModelAdmin

# Django's own is not in the product's look.
admin.site.unregister(Group)


@admin.register(Group)
class GroupAdmin(DjangoGroupAdmin, StaffModelAdmin):  # type: ignore[misc]  # unfold has no types
    """Roles: which permissions belong together. Made by a migration; superusers may change them."""


class StaffPasswordForm(AdminPasswordChangeForm):  # type: ignore[misc]  # unfold has no types
    """A password set by staff: judged by the same rules, every session of the account ends, and its owner is told."""

    def save(self, commit: bool = True) -> Any:
        now = timezone.now()
        with transaction.atomic():
            user = super().save(commit=commit)
            sessions.end_all(user=user, reason=EndReason.BY_STAFF, now=now)
            notices.queue_notice(Kind.PASSWORD_CHANGED, user=user, now=now, caller=None)
        return user


@admin.register(User)
class UserAdmin(DjangoUserAdmin, StaffModelAdmin):  # type: ignore[misc, type-arg]  # unfold has no types
    """Accounts. Nobody is deleted here: erasure is a process of its own. Staff accounts are for superusers."""

    form = UserChangeForm
    add_form = UserCreationForm
    change_password_form = StaffPasswordForm
    ordering = ["-created_at"]
    list_display = ["id", "email", "is_verified", "is_staff", "is_active", "created_at"]
    list_filter = ["is_verified", "is_staff", "is_active", "created_at"]
    search_fields = ["pk"]
    search_help_text = "An id, an address, or how an address begins."
    readonly_fields = ["id", "created_at", "last_login"]
    filter_horizontal = ()
    fieldsets = (
        (None, {"fields": ("id", "email", "is_verified", "password", "full_name", "language", "time_zone")}),
        ("Rights", {"fields": ("is_active", "is_staff", "is_superuser", "groups")}),
        ("Moments", {"fields": ("created_at", "last_login")}),
    )
    add_fieldsets = (
        (None, {"classes": ("wide",), "fields": ("email", "is_verified", "usable_password", "password1", "password2")}),
    )

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[User], search_term: str
    ) -> tuple[QuerySet[User], bool]:
        """Find by what an index serves: among a million accounts, a part of an address would read them all."""
        term = search_term.strip().lower()
        if not term:
            return queryset, False
        try:
            return queryset.filter(pk=UUID(term)), False
        except ValueError:
            return queryset.filter(email__startswith=term), False

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        fields = [*super().get_readonly_fields(request, obj)]
        if not request.user.is_superuser:
            fields += ["is_staff", "is_superuser", "groups"]
        return fields

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        may = super().has_change_permission(request, obj)
        is_staff_account = obj is not None and (obj.is_staff or obj.is_superuser)
        return may and (not is_staff_account or bool(request.user.is_superuser))

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def change_view(self, request: HttpRequest, object_id: str, *args: Any, **kwargs: Any) -> HttpResponse:
        answer = super().change_view(request, object_id, *args, **kwargs)
        if request.method == "GET" and answer.status_code == 200:
            _record(Act.STAFF_VIEWED_ACCOUNT, request, UUID(object_id))
        return answer

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        super().save_model(request, obj, form, change)
        if form.changed_data:
            member_changed(user_id=obj.pk, fields=frozenset(form.changed_data))
        if change and "email" in form.changed_data:
            contact.follow_new_address(user=obj, old_email=form.initial["email"], caller=None, now=timezone.now())
        if {"is_active", "is_verified"} & set(form.changed_data) and not (obj.is_active and obj.is_verified):
            sessions.end_all(user=obj, reason=EndReason.BY_STAFF, now=timezone.now())

    def log_addition(self, request: HttpRequest, obj: Any, message: Any) -> Any:
        _record(Act.STAFF_CHANGED_ACCOUNT, request, obj.pk)
        return super().log_addition(request, obj, message)

    def log_change(self, request: HttpRequest, obj: Any, message: Any) -> Any:
        _record(Act.STAFF_CHANGED_ACCOUNT, request, obj.pk)
        return super().log_change(request, obj, message)


def _record(act: Act, request: HttpRequest, subject_id: UUID) -> None:
    audit.record(act, actor_id=request.user.pk, subject_id=subject_id, caller=caller_of(request))


class ReadOnlyAdmin(LookedAtOnly, StaffModelAdmin):
    """To be looked at only, and found by the account's id, which an index serves."""

    search_fields = ["pk"]
    search_help_text = "The id of an account."
    account_field = ""

    def name_of(self, user_id: UUID) -> Any:
        """Return what stands for an account in `account_field`."""
        return user_id

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        if not search_term.strip():
            return queryset, False
        try:
            return queryset.filter(**{self.account_field: self.name_of(UUID(search_term.strip()))}), False
        except ValueError:
            return queryset.none(), False


@admin.register(Session)
class SessionAdmin(ReadOnlyAdmin):
    account_field = "user_id"
    list_filter = ["end_reason", "last_seen_at"]
    ordering = ["-pk"]
    list_display = ["id", "user_id", "device", "place", "last_seen_at", "expires_at", "ended_at", "end_reason"]
    fields = [
        "id", "user_id", "device", "place", "created_at", "last_seen_at", "expires_at", "ended_at", "end_reason",
    ]  # fmt: skip


@admin.register(Identity)
class IdentityAdmin(ReadOnlyAdmin):
    """By which providers an account can be entered, for support; addresses are not shown."""

    account_field = "user_id"
    list_filter = ["provider"]
    ordering = ["-pk"]
    list_display = ["id", "user_id", "provider", "linked_at"]
    fields = ["id", "user_id", "provider", "linked_at"]


@admin.register(ApiKey)
class ApiKeyAdmin(ReadOnlyAdmin):
    """Keys of partners. The one thing staff may change is the limit that was agreed with the owner."""

    account_field = "user_id"
    list_filter = [("revoked_at", admin.EmptyFieldListFilter)]
    ordering = ["-pk"]
    list_display = ["prefix", "user_id", "requests_per_minute", "created_at", "rotated_at", "revoked_at"]
    readonly_fields = [
        "id", "user_id", "prefix", "scopes", "created_at", "rotated_at", "previous_until", "revoked_at",
    ]  # fmt: skip
    fields = [*readonly_fields, "requests_per_minute"]

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return bool(StaffModelAdmin.has_change_permission(self, request, obj))

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        api_keys.set_limit(
            key_id=obj.pk,
            requests_per_minute=obj.requests_per_minute,
            staff_id=cast(UUID, request.user.pk),
            caller=caller_of(request),
        )


@admin.register(AuditEvent)
class AuditEventAdmin(ReadOnlyAdmin):
    account_field = "subject_id"
    list_filter = ["at"]
    ordering = ["-at"]
    list_display = ["at", "act", "actor_id", "subject_id", "request_id"]
    fields = ["id", "at", "act", "actor_id", "subject_id", "request_id", "network"]


@admin.register(ErasureReport)
class ErasureReportAdmin(ReadOnlyAdmin):
    """That nothing is left of whom: found by the id of the account, if it is known from elsewhere."""

    account_field = "mark"
    list_filter = ["reported_at"]
    ordering = ["-pk"]
    list_display = ["id", "asked_at", "erased_at", "reported_at", "tables", "columns"]
    fields = ["id", "mark", "asked_at", "erased_at", "reported_at", "tables", "columns"]

    def name_of(self, user_id: UUID) -> Any:
        return mark_of(user_id)
