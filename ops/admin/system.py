"""The state of the system, on one page."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from ops.admin.pages import desk_page, show
from ops.status import get_status


@desk_page("system", permission="ops.view_figures")
def system_page(request: HttpRequest) -> HttpResponse:
    """Show how everything stands at this moment."""
    now = timezone.now()
    return show(request, "system.html", "System status", {"sections": get_status(now=now), "now": now})
