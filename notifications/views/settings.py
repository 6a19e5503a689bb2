from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from notifications.kinds import Choice, Outlet, Topic
from notifications.selectors import get_settings
from notifications.serializers import SettingsInput, SettingsOutput
from notifications.services import set_settings
from notifications.views.base import MemberView, member_id


def _changes(sent: dict[str, Any]) -> dict[str, Any]:
    """Return what was sent in the words of the service."""
    changes: dict[str, Any] = {
        "choices": {
            (Topic(topic), Outlet(outlet)): Choice(choice)
            for topic, outlets in sent.get("choices", {}).items()
            for outlet, choice in outlets.items()
        }
    }
    if "quiet_hours" in sent:
        quiet = sent["quiet_hours"]
        changes["quiet_hours"] = (quiet["starts_at"], quiet["ends_at"]) if quiet else None
    return changes


class SettingsView(MemberView):
    """What a member is told of, by which way, and when not."""

    @extend_schema(
        operation_id="get_notification_settings",
        tags=["notifications"],
        summary="Read what you are told of",
        responses={200: SettingsOutput},
    )
    def get(self, request: Request) -> Response:
        return Response(SettingsOutput(get_settings(user_id=member_id(request))).data)

    @extend_schema(
        operation_id="set_notification_settings",
        tags=["notifications"],
        summary="Choose what you are told of",
        description="What is left out stays as it is.",
        request=SettingsInput,
        responses={200: SettingsOutput},
    )
    def put(self, request: Request) -> Response:
        sent = SettingsInput(data=request.data)
        sent.is_valid(raise_exception=True)
        set_settings(user_id=member_id(request), **_changes(sent.validated_data))
        return Response(SettingsOutput(get_settings(user_id=member_id(request))).data)
