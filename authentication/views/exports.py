from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from authentication.callers import caller_of
from authentication.models import DataExport, ExportState
from authentication.serializers import ExportOutput
from authentication.services import exports
from authentication.views.base import MemberView, OpenView, member_of
from numerai.api.idempotency import idempotent
from numerai.api.negotiation import AnyAccept

ZIP = "application/zip"


class ExportView(MemberView):
    rate_limit_category = "user_profile"

    @extend_schema(
        operation_id="get_export",
        tags=["users"],
        summary="Say how the copy of your data is coming along",
        description="With a link to it once it is ready.",
        responses={200: ExportOutput},
    )
    def get(self, request: Request) -> Response:
        return Response(_shown(exports.get_newest(user_id=member_of(request).id, now=timezone.now())))

    @extend_schema(
        operation_id="ask_for_export",
        tags=["users"],
        summary="Ask for a copy of everything we hold about you",
        description="A mail tells when it is ready. Asked again meanwhile, the answer is the same; one a day.",
        request=None,
        responses={202: ExportOutput},
    )
    @idempotent
    def post(self, request: Request) -> Response:
        export = exports.ask_for_export(user_id=member_of(request).id, caller=caller_of(request), now=timezone.now())
        return Response(_shown(export), status=202)


class ExportFileView(OpenView):
    rate_limit_category = "other"
    content_negotiation_class = AnyAccept

    @extend_schema(
        operation_id="get_export_file",
        tags=["users"],
        summary="Open a copy by its link",
        description="No sign-in: whoever holds the link may open it, for a week at most.",
        responses={(200, ZIP): OpenApiTypes.BINARY},
    )
    def get(self, request: Request, token: str) -> HttpResponse:
        archive = exports.open_archive(token=token, caller=caller_of(request), now=timezone.now())
        headers = {"Content-Disposition": 'attachment; filename="numerai-export.zip"', "X-Robots-Tag": "noindex"}
        return HttpResponse(archive, content_type=ZIP, headers=headers)


def _shown(export: DataExport) -> dict[str, Any]:
    url = exports.link_to(export) if export.state == ExportState.READY else None
    return dict(ExportOutput({"url": url, **{name: getattr(export, name) for name in ExportOutput.OF_ROW}}).data)
