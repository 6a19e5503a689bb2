from __future__ import annotations

from dataclasses import asdict

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from authentication.callers import caller_of
from authentication.selectors import get_second_factor_of
from authentication.serializers import (
    CodeInput,
    ConfirmedByCodeInput,
    ConfirmedInput,
    RecoveryCodesOutput,
    SecondFactorOutput,
    SetupOutput,
)
from authentication.services import second_factor
from authentication.views.base import MemberView, member_of, valid


class SecondFactorView(MemberView):
    @extend_schema(
        operation_id="get_second_factor",
        tags=["auth"],
        summary="Say whether the second factor is on",
        responses={200: SecondFactorOutput},
    )
    def get(self, request: Request) -> Response:
        return Response(asdict(get_second_factor_of(user_id=member_of(request).id)))


class SetUpSecondFactorView(MemberView):
    extra_error_statuses = (409,)

    @extend_schema(
        operation_id="set_up_second_factor",
        tags=["auth"],
        summary="Make a secret for an authenticator app",
        description="It asks for nothing until it is confirmed by a first code.",
        request=ConfirmedInput,
        responses={200: SetupOutput},
    )
    def post(self, request: Request) -> Response:
        member, sent = member_of(request), valid(ConfirmedInput, request)
        setup = second_factor.begin_setup(user_id=member.id, session_id=member.session_id, **sent, now=timezone.now())
        return Response(asdict(setup))


class ConfirmSecondFactorView(MemberView):
    extra_error_statuses = (409,)

    @extend_schema(
        operation_id="confirm_second_factor",
        tags=["auth"],
        summary="Turn the second factor on",
        description="Returns the recovery codes, this once.",
        request=CodeInput,
        responses={200: RecoveryCodesOutput},
    )
    def post(self, request: Request) -> Response:
        made = second_factor.confirm_setup(
            user_id=member_of(request).id,
            **valid(CodeInput, request),
            caller=caller_of(request),
            now=timezone.now(),
        )
        return Response({"recovery_codes": made})


class DisableSecondFactorView(MemberView):
    extra_error_statuses = (409,)

    @extend_schema(
        operation_id="disable_second_factor",
        tags=["auth"],
        summary="Turn the second factor off",
        request=ConfirmedByCodeInput,
        responses={204: None},
    )
    def post(self, request: Request) -> Response:
        member = member_of(request)
        second_factor.disable(
            user_id=member.id,
            session_id=member.session_id,
            **valid(ConfirmedByCodeInput, request),
            caller=caller_of(request),
            now=timezone.now(),
        )
        return Response(status=204)


class RecoveryCodesView(MemberView):
    extra_error_statuses = (409,)

    @extend_schema(
        operation_id="renew_recovery_codes",
        tags=["auth"],
        summary="Replace the recovery codes",
        request=ConfirmedByCodeInput,
        responses={200: RecoveryCodesOutput},
    )
    def post(self, request: Request) -> Response:
        member = member_of(request)
        made = second_factor.renew_recovery_codes(
            user_id=member.id,
            session_id=member.session_id,
            **valid(ConfirmedByCodeInput, request),
            caller=caller_of(request),
            now=timezone.now(),
        )
        return Response({"recovery_codes": made})
