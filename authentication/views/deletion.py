from __future__ import annotations

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from authentication.callers import caller_of
from authentication.serializers import DeletionInput, DeletionOutput
from authentication.services import deletion
from authentication.views.base import MemberView, member_of, valid


class DeleteAccountView(MemberView):
    extra_error_statuses = (409,)
    methods_with_body = ("DELETE",)

    @extend_schema(
        operation_id="delete_account",
        tags=["users"],
        summary="Erase the account in 30 days",
        description="Every session ends. Signing in before `erase_at` keeps the account.",
        request=DeletionInput,
        responses={202: DeletionOutput},
    )
    def delete(self, request: Request) -> Response:
        member = member_of(request)
        asked = deletion.ask_for_deletion(
            user_id=member.id,
            session_id=member.session_id,
            password=valid(DeletionInput, request).get("password"),
            caller=caller_of(request),
            now=timezone.now(),
        )
        return Response(DeletionOutput(asked).data, status=202)
