"""The timetable: what ran, when, for how long, how it ended, and what is late."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from ops.admin.pages import desk_page, show
from ops.timetable import list_entries


@desk_page("timetable", permission="ops.view_scheduledtask")
def timetable_page(request: HttpRequest) -> HttpResponse:
    """Show every entry of the timetable."""
    now = timezone.now()
    return show(request, "timetable.html", "Scheduled tasks", {"entries": list_entries(now=now), "now": now})
