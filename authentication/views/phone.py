from __future__ import annotations

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from authentication.callers import caller_of
from authentication.serializers import AccountOutput, CodeInput, CodeSentOutput, PhoneInput
from authentication.services import contact
from authentication.views.base import MemberView, code_sent, member_of, valid


class PhoneView(MemberView):
    rate_limit_category = "user_profile"
    extra_error_statuses = (503,)

    @extend_schema(
        operation_id="set_phone",
        tags=["users"],
        summary="Ask for a code at a phone number",
        description="The number counts when the code comes back.",
        request=PhoneInput,
        responses={202: CodeSentOutput},
    )
    def post(self, request: Request) -> Response:
        sent = valid(PhoneInput, request)
        return code_sent(contact.ask_for_phone(user_id=member_of(request).id, phone=sent["phone"], now=timezone.now()))

    @extend_schema(
        operation_id="remove_phone",
        tags=["users"],
        summary="Remove the phone number",
        request=None,
        responses={204: None},
    )
    def delete(self, request: Request) -> Response:
        contact.remove_phone(user_id=member_of(request).id, caller=caller_of(request), now=timezone.now())
        return Response(status=204)


class VerifyPhoneView(MemberView):
    rate_limit_category = "user_profile"
    extra_error_statuses = (409,)

    @extend_schema(
        operation_id="verify_phone",
        tags=["users"],
        summary="Prove a phone number by its code",
        request=CodeInput,
        responses={200: AccountOutput},
    )
    def post(self, request: Request) -> Response:
        user = contact.verify_phone(
            user_id=member_of(request).id,
            digits=valid(CodeInput, request)["code"],
            caller=caller_of(request),
            now=timezone.now(),
        )
        return Response(AccountOutput(user).data)
