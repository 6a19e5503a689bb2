from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone

from notifications.models import Delivery, SuppressedAddress
from numerai.staff import LookedAtOnly, StaffModelAdmin

# Further back only by the id of an account: an index leads there.
SHOWN_DAYS = 7


@admin.register(Delivery)
class DeliveryAdmin(LookedAtOnly, StaffModelAdmin):
    """The outbox, and what became of it. Addresses and what was written are shown to nobody."""

    list_display = ["created_at", "kind", "channel", "priority", "state", "attempts", "outcome", "user_id"]
    list_filter = ["channel", "state", "priority"]
    ordering = ["-due_on", "-id"]
    search_fields = ["pk"]
    search_help_text = f"The id of an account; without one, the last {SHOWN_DAYS} days are shown."
    fields = [
        "id", "due_on", "user_id", "kind", "channel", "priority", "subject", "language", "state", "attempts",
        "send_at", "expires_at", "lease_until", "outcome", "created_at", "ended_at",
    ]  # fmt: skip

    def get_queryset(self, request: HttpRequest) -> QuerySet[Delivery]:
        # Not fetched, so that no page opens them.
        rows: QuerySet[Delivery] = super().get_queryset(request).defer("address", "payload")
        return rows

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Delivery], search_term: str
    ) -> tuple[QuerySet[Delivery], bool]:
        if not search_term.strip():
            return queryset.filter(due_on__gte=timezone.now().date() - timedelta(days=SHOWN_DAYS)), False
        try:
            return queryset.filter(user_id=UUID(search_term.strip())), False
        except ValueError:
            return queryset.none(), False


@admin.register(SuppressedAddress)
class SuppressedAddressAdmin(StaffModelAdmin):
    """Addresses that get nothing more, known by a keyed hash: found by target, and deleted to send to them again."""

    list_display = ["id", "channel", "reason", "created_at"]
    list_filter = ["channel", "reason"]
    search_fields = ["target"]

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: SuppressedAddress | None = None) -> bool:
        return False
