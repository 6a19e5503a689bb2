from __future__ import annotations

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from authentication.callers import caller_of
from authentication.documents import list_current
from authentication.selectors import list_consents_of
from authentication.serializers import ConsentInput, ConsentOutput, DocumentOutput
from authentication.services import consents
from authentication.views.base import MemberView, OpenView, member_of, valid


class DocumentsView(OpenView):
    rate_limit_category = "other"

    @extend_schema(
        operation_id="list_documents",
        tags=["auth"],
        summary="List what members agree to",
        description="The version of each document that counts today, with its text.",
        responses={200: DocumentOutput(many=True)},
    )
    def get(self, request: Request) -> Response:
        return Response(DocumentOutput(list_current(today=timezone.now().date()), many=True).data)


class ConsentsView(MemberView):
    rate_limit_category = "user_profile"
    extra_error_statuses = (409,)

    @extend_schema(
        operation_id="list_consents",
        tags=["users"],
        summary="List what was agreed to",
        responses={200: ConsentOutput(many=True)},
    )
    def get(self, request: Request) -> Response:
        return self._answer(request)

    @extend_schema(
        operation_id="write_consent",
        tags=["users"],
        summary="Agree to a document, or take it back",
        request=ConsentInput,
        responses={200: ConsentOutput(many=True)},
    )
    def post(self, request: Request) -> Response:
        sent = valid(ConsentInput, request)
        act = {"user_id": member_of(request).id, "name": sent["document"], "caller": caller_of(request)}
        if sent["is_given"]:
            consents.give(**act, version=sent["version"], now=timezone.now())
        else:
            consents.withdraw(**act, now=timezone.now())
        return self._answer(request)

    def _answer(self, request: Request) -> Response:
        found = list_consents_of(user_id=member_of(request).id, today=timezone.now().date())
        return Response(ConsentOutput(found, many=True).data)
