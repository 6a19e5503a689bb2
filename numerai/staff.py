"""What every list and page of the admin has in common."""

from __future__ import annotations

from django.core.paginator import Paginator
from django.db.models import Model, QuerySet
from django.http import HttpRequest
from django.utils.functional import cached_property
from unfold.admin import ModelAdmin

# Whoever looks for something on a later page searches instead.
COUNTED_ROWS = 10_000
EXPORT_LISTS = "authentication.export_lists"


class BoundedPaginator(Paginator):  # type: ignore[type-arg]
    """Counts no further than COUNTED_ROWS: on a table of a hundred million rows a count takes a minute."""

    @cached_property
    def count(self) -> int:
        rows: QuerySet[Model] = self.object_list  # type: ignore[assignment]  # a list of the admin is one
        return rows.order_by()[:COUNTED_ROWS].count()


class StaffModelAdmin(ModelAdmin):  # type: ignore[misc]  # unfold has no types
    """A model in the admin: pages that stay fast however large the table is."""

    paginator = BoundedPaginator
    show_full_result_count = False
    list_per_page = 50
    list_max_show_all = 0
    list_fullwidth = True
    warn_unsaved_form = True

    def has_export_permission(self, request: HttpRequest) -> bool:
        """Say who may take a whole list away: looking at rows one by one is another thing."""
        return bool(request.user.has_perm(EXPORT_LISTS)) and bool(self.has_view_permission(request))


class LookedAtOnly:
    """For an admin whose rows are written by services alone."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False
