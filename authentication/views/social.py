from __future__ import annotations

from dataclasses import asdict
from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django.utils import timezone
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework.generics import ListAPIView
from rest_framework.request import Request
from rest_framework.response import Response

from authentication.callers import caller_of
from authentication.models import Identity, Provider
from authentication.selectors import list_identities_of
from authentication.serializers import IdentityOutput, LinkInput, SocialSignInInput
from authentication.services import social
from authentication.views.base import MemberView, OpenView, member_of, valid
from authentication.views.sign_in import SIGNED_IN
from numerai.api.pagination import NumberedPagination

_SIGN_IN = (
    "Returns a pair of tokens, or a challenge if the account has a second factor. "
    "Makes an account where there is none; `accepts` is asked for then."
)
_LINK = "From then on the provider's account opens this one. Its owner is told by mail."


class SocialSignInView(OpenView):
    """Common to the providers; each has an address of its own."""

    extra_error_statuses = (401, 403, 409, 503)
    provider: Provider

    def post(self, request: Request) -> Response:
        sent = valid(SocialSignInInput, request)
        token = {name: sent.pop(name) for name in ("id_token", "nonce")}
        entered = social.sign_in(
            provider=self.provider,
            **token,
            newcomer=social.Newcomer(**sent),
            caller=caller_of(request),
            now=timezone.now(),
        )
        return Response(asdict(entered))


@extend_schema_view(
    post=extend_schema(
        operation_id="social_google",
        tags=["auth"],
        summary="Sign in with Google",
        description=_SIGN_IN,
        request=SocialSignInInput,
        responses={200: SIGNED_IN},
    )
)
class GoogleView(SocialSignInView):
    provider = Provider.GOOGLE


@extend_schema_view(
    post=extend_schema(
        operation_id="social_apple",
        tags=["auth"],
        summary="Sign in with Apple",
        description=_SIGN_IN,
        request=SocialSignInInput,
        responses={200: SIGNED_IN},
    )
)
class AppleView(SocialSignInView):
    provider = Provider.APPLE


class LinkView(MemberView):
    """Common to the providers; each has an address of its own."""

    extra_error_statuses = (409, 503)
    provider: Provider

    def post(self, request: Request) -> Response:
        member = member_of(request)
        linked = social.link(
            user_id=member.id,
            session_id=member.session_id,
            provider=self.provider,
            **valid(LinkInput, request),
            caller=caller_of(request),
            now=timezone.now(),
        )
        return Response(IdentityOutput(linked).data)


@extend_schema_view(
    post=extend_schema(
        operation_id="link_google",
        tags=["auth"],
        summary="Connect a Google account",
        description=_LINK,
        request=LinkInput,
        responses={200: IdentityOutput},
    )
)
class LinkGoogleView(LinkView):
    provider = Provider.GOOGLE


@extend_schema_view(
    post=extend_schema(
        operation_id="link_apple",
        tags=["auth"],
        summary="Connect an Apple account",
        description=_LINK,
        request=LinkInput,
        responses={200: IdentityOutput},
    )
)
class LinkAppleView(LinkView):
    provider = Provider.APPLE


@extend_schema_view(
    get=extend_schema(operation_id="list_identities", tags=["auth"], summary="List connected Google and Apple accounts")
)
class IdentitiesView(MemberView, ListAPIView[Identity]):
    serializer_class = IdentityOutput
    pagination_class = NumberedPagination
    queryset = Identity.objects.none()

    def get_queryset(self) -> QuerySet[Identity]:
        return list_identities_of(user_id=member_of(self.request).id)


class IdentityView(MemberView):
    extra_error_statuses = (409,)

    @extend_schema(
        operation_id="unlink_identity",
        tags=["auth"],
        summary="Disconnect a Google or Apple account",
        description="Refused while it is the only way into the account.",
        request=None,
        responses={204: None},
    )
    def delete(self, request: Request, identity_id: UUID, **_: Any) -> Response:
        social.unlink(
            user_id=member_of(request).id, identity_id=identity_id, caller=caller_of(request), now=timezone.now()
        )
        return Response(status=204)
