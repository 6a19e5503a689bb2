from __future__ import annotations

from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django.utils import timezone
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework.generics import ListAPIView
from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from authentication.callers import caller_of
from authentication.members import member_of
from authentication.scopes import Scope
from core.models import NumerologyProfile
from core.selectors.profiles import get_profile_for, list_profiles_of
from core.serializers.profiles import ProfileInput, ProfileOutput
from core.services import profiles
from numerai.api.fields import valid
from numerai.api.idempotency import idempotent
from numerai.api.pagination import NumberedPagination

_NO_STORE = {"Cache-Control": "no-store"}
_TAGS = ["profiles"]


def _arguments(request: Request, *, partial: bool = False) -> dict[str, Any]:
    """Return what the services take of a request; a statement of consent is no input of the chart."""
    sent = valid(ProfileInput, request, partial=partial)
    return {
        "user_id": member_of(request).id,
        "has_consent": sent.pop("has_consent", False),
        "caller": caller_of(request),
        "now": timezone.now(),
        "changes": sent,
    }


def _shown(profile: NumerologyProfile, status: int = 200) -> Response:
    return Response(ProfileOutput(profile).data, status=status, headers=_NO_STORE)


@extend_schema_view(get=extend_schema(operation_id="list_profiles", tags=_TAGS, summary="List the profiles you keep"))
class ProfilesView(ListAPIView[NumerologyProfile]):
    """The people whose birth data a member keeps."""

    rate_limit_category = "numerology"
    permission_classes = [IsAuthenticated]
    api_key_scope = {"GET": Scope.PROFILES_READ}
    serializer_class = ProfileOutput
    pagination_class = NumberedPagination
    queryset = NumerologyProfile.objects.none()

    def get_queryset(self) -> QuerySet[NumerologyProfile]:
        return list_profiles_of(user=member_of(self.request))

    @extend_schema(
        operation_id="create_profile",
        tags=_TAGS,
        summary="Keep somebody's birth data",
        description=(
            "The first profile becomes the primary one. For anybody but yourself, has_consent must state that the "
            "person agrees."
        ),
        request=ProfileInput,
        responses={201: ProfileOutput},
    )
    @idempotent
    def post(self, request: Request) -> Response:
        sent = _arguments(request)
        return _shown(profiles.create_profile(inputs=sent.pop("changes"), **sent), status=201)


class ProfileView(APIView):
    rate_limit_category = "numerology"
    permission_classes = [IsAuthenticated]
    api_key_scope = {"GET": Scope.PROFILES_READ}
    extra_error_statuses = (409,)

    @extend_schema(operation_id="get_profile_by_id", tags=_TAGS, summary="Read a profile", responses=ProfileOutput)
    def get(self, request: Request, profile_id: UUID) -> Response:
        return _shown(get_profile_for(user=member_of(request), profile_id=profile_id))

    @extend_schema(
        operation_id="replace_profile_by_id",
        tags=_TAGS,
        summary="Write a profile",
        request=ProfileInput,
        responses=ProfileOutput,
    )
    def put(self, request: Request, profile_id: UUID) -> Response:
        return _shown(profiles.update_profile(profile_id=profile_id, **_arguments(request)))

    @extend_schema(
        operation_id="update_profile_by_id",
        tags=_TAGS,
        summary="Write some of a profile",
        request=ProfileInput(partial=True),
        responses=ProfileOutput,
    )
    def patch(self, request: Request, profile_id: UUID) -> Response:
        return _shown(profiles.update_profile(profile_id=profile_id, **_arguments(request, partial=True)))

    @extend_schema(
        operation_id="delete_profile", tags=_TAGS, summary="Forget a profile", request=None, responses={204: None}
    )
    def delete(self, request: Request, profile_id: UUID) -> Response:
        profiles.delete_profile(user_id=member_of(request).id, profile_id=profile_id)
        return Response(status=204)


class MakePrimaryView(APIView):
    rate_limit_category = "numerology"
    permission_classes = [IsAuthenticated]

    @extend_schema(
        operation_id="make_profile_primary",
        tags=_TAGS,
        summary="Let your readings follow this profile",
        request=None,
        responses=ProfileOutput,
    )
    def post(self, request: Request, profile_id: UUID) -> Response:
        member = member_of(request)
        return _shown(profiles.make_primary(user_id=member.id, profile_id=profile_id, now=timezone.now()))
