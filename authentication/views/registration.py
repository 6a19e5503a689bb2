from __future__ import annotations

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from authentication.callers import caller_of
from authentication.serializers import AddressInput, CodeSentOutput, RegisterInput, VerifiedOutput, VerifyInput
from authentication.services import registration
from authentication.views.base import OpenView, code_sent, valid


class RegisterView(OpenView):
    @extend_schema(
        operation_id="register",
        tags=["auth"],
        summary="Make an account",
        description="The answer is the same whether or not the address has an account; the mail tells.",
        request=RegisterInput,
        responses={202: CodeSentOutput},
    )
    def post(self, request: Request) -> Response:
        sent = valid(RegisterInput, request)
        return code_sent(registration.register(**sent, caller=caller_of(request), now=timezone.now()))


class VerifyView(OpenView):
    @extend_schema(
        operation_id="verify_otp",
        tags=["auth"],
        summary="Prove an address by its code",
        request=VerifyInput,
        responses={200: VerifiedOutput},
    )
    def post(self, request: Request) -> Response:
        sent = valid(VerifyInput, request)
        done = registration.verify_address(
            email=sent["email"], digits=sent["code"], caller=caller_of(request), now=timezone.now()
        )
        return Response({"is_verified": True, "password_needed": done.password_needed})


class ResendView(OpenView):
    @extend_schema(
        operation_id="resend_otp",
        tags=["auth"],
        summary="Send another code to an address that is to be proven",
        description="The answer is the same whether or not there is such an address.",
        request=AddressInput,
        responses={202: CodeSentOutput},
    )
    def post(self, request: Request) -> Response:
        return code_sent(registration.resend_code(**valid(AddressInput, request), now=timezone.now()))
