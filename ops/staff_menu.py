"""The admin's sidebar: which rooms there are, for whom, and in which order."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest
from django.templatetags.static import static
from django.urls import reverse
from django.utils import timezone

from ops.dashboard import cards_for


@dataclass(frozen=True, slots=True)
class Room:
    """One page of the admin; `permission` is what opens it, none where everybody of the staff may come."""

    title: str
    url: str
    icon: str
    permission: str = ""

    def item(self) -> dict[str, Any]:
        return {"title": self.title, "link": reverse(f"admin:{self.url}"), "icon": self.icon}


ROOMS: dict[str, tuple[Room, ...]] = {
    "": (Room("Dashboard", "index", "today"),),
    "Content": (Room("Texts", "core_contententry_changelist", "article", "core.view_contententry"),),
    "Members": (
        Room("Accounts", "authentication_user_changelist", "person", "authentication.view_user"),
        Room("Sessions", "authentication_session_changelist", "devices", "authentication.view_session"),
        Room("Sign-in providers", "authentication_identity_changelist", "link", "authentication.view_identity"),
        Room("Plans given", "payments_plangrant_changelist", "redeem", "payments.view_plangrant"),
        Room("API keys", "authentication_apikey_changelist", "key", "authentication.view_apikey"),
    ),
    "Operations": (
        Room("Today's readings", "operations_readings", "wb_sunny", "core.view_readingschedule"),
        Room("Outbox", "operations_outbox", "outbox", "notifications.view_delivery"),
        Room("Broadcasts", "notifications_broadcast_changelist", "campaign", "notifications.view_broadcast"),
        Room("Deliveries", "notifications_delivery_changelist", "outgoing_mail", "notifications.view_delivery"),
        Room("Channels", "operations_channels", "toggle_on", "notifications.view_channelswitch"),
        Room("System status", "operations_system", "monitor_heart", "ops.view_figures"),
        Room("Scheduled tasks", "operations_timetable", "schedule", "ops.view_scheduledtask"),
        Room(
            "Suppressed addresses",
            "notifications_suppressedaddress_changelist",
            "block",
            "notifications.view_suppressedaddress",
        ),
    ),
    "Oversight": (
        Room("Audit log", "authentication_auditevent_changelist", "fact_check", "authentication.view_auditevent"),
        Room("Erasures", "authentication_erasurereport_changelist", "delete", "authentication.view_erasurereport"),
        Room("Roles", "auth_group_changelist", "groups", "auth.view_group"),
    ),
}


def navigation(request: HttpRequest) -> list[dict[str, Any]]:
    """Return the rooms that the staff user may enter, for unfold's sidebar."""
    groups = [
        {
            "title": title,
            "items": [room.item() for room in rooms if not room.permission or request.user.has_perm(room.permission)],
        }
        for title, rooms in ROOMS.items()
    ]
    return [group for group in groups if group["items"]]


def dashboard(request: HttpRequest, context: dict[str, Any]) -> dict[str, Any]:
    """Return what the admin's first page shows."""
    return {**context, "cards": cards_for(request, now=timezone.now())}


def icon(request: HttpRequest) -> str:
    return static("numerai/icon.svg")


def faces(request: HttpRequest) -> str:
    return static("numerai/fonts.css")


def stylesheet(request: HttpRequest) -> str:
    return static("authentication/staff.css")
