"""Pages of the desk that are no model's: one function each, with its address and the permission that opens it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, cast
from uuid import UUID

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse

from authentication.admin_site import StaffSite
from authentication.callers import caller_of
from authentication.models import User
from authentication.services import audit

View = Callable[[HttpRequest], HttpResponse]


def desk_page(route: str, *, permission: str) -> Callable[[View], View]:
    """Put a function at /admin/operations/`route`/, under the name admin:operations_`route`, for who may see it."""

    def add(view: View) -> View:
        cast(StaffSite, admin.site).add_page(
            f"operations/{route}/", view, name=f"operations_{route}", permission=permission
        )
        return view

    return add


def show(request: HttpRequest, template: str, title: str, context: Mapping[str, Any]) -> HttpResponse:
    """Return a page of the desk with the sidebar and header that all have."""
    return TemplateResponse(
        request, f"ops/admin/{template}", {**admin.site.each_context(request), "title": title, **context}
    )


def back_to(route: str) -> HttpResponse:
    """Lead back to a page after what one of its buttons did."""
    return HttpResponseRedirect(reverse(f"admin:operations_{route}"))


def require(request: HttpRequest, permission: str) -> None:
    """Raise PermissionDenied for staff who may look and not act."""
    if not request.user.has_perm(permission):
        raise PermissionDenied


def write_down(request: HttpRequest, act: str, *, subject_id: UUID | None = None) -> None:
    """Write into the audit log what somebody of the staff did; in the transaction of what was done."""
    audit.record(act, actor_id=cast(User, request.user).pk, subject_id=subject_id, caller=caller_of(request))


def counted(count: int, *, is_at_least: bool) -> str:
    """Return a figure that was counted to a limit, as it is read."""
    return f"{count:,} or more" if is_at_least else f"{count:,}"
