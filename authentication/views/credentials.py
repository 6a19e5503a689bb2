from __future__ import annotations

from dataclasses import asdict

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from authentication.callers import caller_of
from authentication.serializers import (
    AccountOutput,
    AddressInput,
    ChangeEmailInput,
    ChangePasswordInput,
    CodeInput,
    CodeSentOutput,
    ResetPasswordInput,
    TokenPairOutput,
)
from authentication.services import contact, passwords
from authentication.views.base import MemberView, OpenView, code_sent, member_of, valid


class ForgotPasswordView(OpenView):
    @extend_schema(
        operation_id="forgot_password",
        tags=["auth"],
        summary="Ask for a code that sets a new password",
        description="The answer is the same whether or not the address has an account.",
        request=AddressInput,
        responses={202: CodeSentOutput},
    )
    def post(self, request: Request) -> Response:
        return code_sent(passwords.ask_for_reset(**valid(AddressInput, request), now=timezone.now()))


class ResetPasswordView(OpenView):
    @extend_schema(
        operation_id="reset_password",
        tags=["auth"],
        summary="Set a new password with a code",
        description="Every session of the account ends.",
        request=ResetPasswordInput,
        responses={204: None},
    )
    def post(self, request: Request) -> Response:
        sent = valid(ResetPasswordInput, request)
        passwords.reset_password(
            email=sent["email"],
            digits=sent["code"],
            new_password=sent["new_password"],
            caller=caller_of(request),
            now=timezone.now(),
        )
        return Response(status=204)


class ChangePasswordView(MemberView):
    @extend_schema(
        operation_id="change_password",
        tags=["auth"],
        summary="Change the password",
        description="Every other session ends; this one gets a fresh pair of tokens, since the old ones end too.",
        request=ChangePasswordInput,
        responses={200: TokenPairOutput},
    )
    def post(self, request: Request) -> Response:
        member = member_of(request)
        pair = passwords.change_password(
            user_id=member.id,
            session_id=member.session_id,
            **valid(ChangePasswordInput, request),
            caller=caller_of(request),
            now=timezone.now(),
        )
        return Response(asdict(pair))


class ChangeEmailView(MemberView):
    @extend_schema(
        operation_id="change_email",
        tags=["auth"],
        summary="Ask for a code at a new address",
        description="The address changes when the code comes back. An address that has an account answers the same.",
        request=ChangeEmailInput,
        responses={202: CodeSentOutput},
    )
    def post(self, request: Request) -> Response:
        member, sent = member_of(request), valid(ChangeEmailInput, request)
        resend_after = contact.ask_for_email_change(
            user_id=member.id, session_id=member.session_id, **sent, caller=caller_of(request), now=timezone.now()
        )
        return code_sent(resend_after)


class ConfirmEmailView(MemberView):
    extra_error_statuses = (409,)

    @extend_schema(
        operation_id="confirm_email",
        tags=["auth"],
        summary="Move the account to the new address",
        description="Both addresses are told.",
        request=CodeInput,
        responses={200: AccountOutput},
    )
    def post(self, request: Request) -> Response:
        user = contact.change_email(
            user_id=member_of(request).id,
            digits=valid(CodeInput, request)["code"],
            caller=caller_of(request),
            now=timezone.now(),
        )
        return Response(AccountOutput(user).data)
