from __future__ import annotations

from dataclasses import asdict

from django.utils import timezone
from drf_spectacular.utils import PolymorphicProxySerializer, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from authentication.callers import caller_of
from authentication.serializers import (
    ChallengeOutput,
    RefreshInput,
    SecondFactorSignInInput,
    SignInInput,
    TokenPairOutput,
)
from authentication.services import sessions, sign_in
from authentication.views.base import MemberView, OpenView, member_of, valid

SIGNED_IN = PolymorphicProxySerializer(
    component_name="SignIn",
    serializers=[TokenPairOutput, ChallengeOutput],
    resource_type_field_name=None,
)


class SignInView(OpenView):
    extra_error_statuses = (401, 403)

    @extend_schema(
        operation_id="login",
        tags=["auth"],
        summary="Sign in by password",
        description="Returns a pair of tokens, or a challenge if the account has a second factor.",
        request=SignInInput,
        responses={200: SIGNED_IN},
    )
    def post(self, request: Request) -> Response:
        sent = valid(SignInInput, request)
        return Response(asdict(sign_in.sign_in(**sent, caller=caller_of(request), now=timezone.now())))


class SecondFactorSignInView(OpenView):
    extra_error_statuses = (401, 409)

    @extend_schema(
        operation_id="login_second_factor",
        tags=["auth"],
        summary="Finish a sign-in with a code of the second factor",
        request=SecondFactorSignInInput,
        responses={200: TokenPairOutput},
    )
    def post(self, request: Request) -> Response:
        sent = valid(SecondFactorSignInInput, request)
        pair = sign_in.sign_in_with_second_factor(**sent, caller=caller_of(request), now=timezone.now())
        return Response(asdict(pair))


class RefreshView(OpenView):
    extra_error_statuses = (401,)

    @extend_schema(
        operation_id="refresh_token",
        tags=["auth"],
        summary="Exchange a refresh token for a fresh pair",
        description="Each refresh token is good once. Used again after 30 seconds, it ends the session.",
        request=RefreshInput,
        responses={200: TokenPairOutput},
    )
    def post(self, request: Request) -> Response:
        sent = valid(RefreshInput, request)
        return Response(asdict(sessions.refresh_session(**sent, caller=caller_of(request), now=timezone.now())))


class SignOutView(MemberView):
    @extend_schema(
        operation_id="logout", tags=["auth"], summary="End this session", request=None, responses={204: None}
    )
    def post(self, request: Request) -> Response:
        member = member_of(request)
        sessions.sign_out(
            user_id=member.id, session_id=member.session_id, caller=caller_of(request), now=timezone.now()
        )
        return Response(status=204)
