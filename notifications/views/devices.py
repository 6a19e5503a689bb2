from __future__ import annotations

from typing import Any
from uuid import UUID

from django.conf import settings
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from notifications.channels import CHANNELS
from notifications.kinds import Channel
from notifications.models import Platform
from notifications.selectors import list_devices
from notifications.serializers import DeviceInput, DeviceOutput, VapidKeyOutput
from notifications.services import register_device, remove_device
from notifications.subscriptions import Subscription
from notifications.views.base import MemberView, member_id
from numerai.api.codes import ERROR_CODES
from numerai.api.exceptions import ServiceUnavailable
from numerai.api.pagination import NumberedPagination


class WebPushNotConfigured(ServiceUnavailable):
    code = "WEB_PUSH_NOT_CONFIGURED"
    message = ERROR_CODES[code][1]


def _named(sent: dict[str, Any]) -> dict[str, Any]:
    """Return what a registration is about in the words of the service."""
    if sent["kind"] == Channel.FCM:
        address = {"identity": sent["token"], "address": sent["token"], "platform": Platform(sent["platform"])}
    else:
        subscription = Subscription(sent["subscription"]["endpoint"], **sent["subscription"]["keys"])
        address = {
            "identity": subscription.endpoint,
            "address": subscription.to_text(),
            "platform": Platform.WEB,
        }
    return {
        "channel": Channel(sent["kind"]),
        "app_version": sent["app_version"],
        "locale": sent["locale"],
        **address,
    }


class DevicesView(MemberView):
    """The apps and browsers that a member gets pushes on."""

    pagination_class = NumberedPagination

    @extend_schema(
        operation_id="list_devices",
        tags=["notifications"],
        summary="List the devices that take pushes",
        responses={200: DeviceOutput(many=True)},
    )
    def get(self, request: Request) -> Response:
        pages = self.pagination_class()
        rows = pages.paginate_queryset(list_devices(user_id=member_id(request)), request, view=self)
        return pages.get_paginated_response(DeviceOutput(rows, many=True).data)

    @extend_schema(
        operation_id="register_device",
        tags=["notifications"],
        summary="Register a device, or refresh it",
        description=(
            "Send it at every start of the app and whenever the token or the subscription changes. A device that is "
            "known answers 200. One that another account registered moves to this one. Beyond 20 devices the one that "
            "was not refreshed for longest goes."
        ),
        request=DeviceInput,
        responses={200: DeviceOutput, 201: DeviceOutput},
    )
    def post(self, request: Request) -> Response:
        sent = DeviceInput(data=request.data)
        sent.is_valid(raise_exception=True)
        device, is_new = register_device(
            user_id=member_id(request),
            session_id=getattr(request.user, "session_id", None),
            **_named(sent.validated_data),
        )
        return Response(DeviceOutput(device).data, status=201 if is_new else 200)


class DeviceView(MemberView):
    @extend_schema(
        operation_id="remove_device",
        tags=["notifications"],
        summary="Send a device nothing more",
        request=None,
        responses={204: None},
    )
    def delete(self, request: Request, device_id: UUID) -> Response:
        remove_device(user_id=member_id(request), device_id=device_id)
        return Response(status=204)


class VapidKeyView(APIView):
    """The key that browsers subscribe with. Not a secret, and the same for everybody."""

    authentication_classes = []
    rate_limit_category = "other"
    extra_error_statuses = (503,)

    @extend_schema(
        operation_id="get_vapid_public_key",
        tags=["notifications"],
        summary="Read the key to subscribe a browser with",
        responses={200: VapidKeyOutput},
    )
    def get(self, request: Request) -> Response:
        if not CHANNELS[Channel.WEBPUSH].is_configured():
            raise WebPushNotConfigured(retry_after=3_600)
        return Response({"public_key": settings.VAPID_PUBLIC_KEY}, headers={"Cache-Control": "public, max-age=3600"})
