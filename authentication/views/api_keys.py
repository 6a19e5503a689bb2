from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django.utils import timezone
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework.generics import ListAPIView
from rest_framework.request import Request
from rest_framework.response import Response

from authentication.callers import caller_of
from authentication.models import ApiKey
from authentication.selectors import list_api_keys_of
from authentication.serializers import ApiKeyInput, ApiKeyOutput, NewApiKeyOutput, RotateApiKeyInput
from authentication.services import api_keys
from authentication.views.base import MemberView, member_of, valid
from numerai.api.pagination import NumberedPagination


@extend_schema_view(get=extend_schema(operation_id="list_api_keys", tags=["api keys"], summary="List your API keys"))
class ApiKeysView(MemberView, ListAPIView[ApiKey]):
    serializer_class = ApiKeyOutput
    pagination_class = NumberedPagination
    queryset = ApiKey.objects.none()
    extra_error_statuses = (409,)

    def get_queryset(self) -> QuerySet[ApiKey]:
        return list_api_keys_of(user_id=member_of(self.request).id, today=timezone.now().date())

    @extend_schema(
        operation_id="create_api_key",
        tags=["api keys"],
        summary="Make an API key",
        description="The key is shown this once. Its owner is told by mail.",
        request=ApiKeyInput,
        responses={201: NewApiKeyOutput},
    )
    def post(self, request: Request) -> Response:
        member = member_of(request)
        made = api_keys.create_key(
            user_id=member.id,
            session_id=member.session_id,
            **valid(ApiKeyInput, request),
            caller=caller_of(request),
            now=timezone.now(),
        )
        return _shown(made, request, status=201)


class ApiKeyView(MemberView):
    @extend_schema(
        operation_id="revoke_api_key", tags=["api keys"], summary="End an API key", request=None, responses={204: None}
    )
    def delete(self, request: Request, key_id: UUID, **_: Any) -> Response:
        api_keys.revoke_key(user_id=member_of(request).id, key_id=key_id, caller=caller_of(request), now=timezone.now())
        return Response(status=204)


class RotateApiKeyView(MemberView):
    extra_error_statuses = (409,)

    @extend_schema(
        operation_id="rotate_api_key",
        tags=["api keys"],
        summary="Replace an API key",
        description="The new key is shown this once; the old one is good for the overlap.",
        request=RotateApiKeyInput,
        responses={200: NewApiKeyOutput},
    )
    def post(self, request: Request, key_id: UUID, **_: Any) -> Response:
        member, sent = member_of(request), valid(RotateApiKeyInput, request)
        made = api_keys.rotate_key(
            user_id=member.id,
            session_id=member.session_id,
            key_id=key_id,
            password=sent["password"],
            overlap=timedelta(hours=sent["overlap_hours"]),
            caller=caller_of(request),
            now=timezone.now(),
        )
        return _shown(made, request, status=200)


def _shown(made: api_keys.NewKey, request: Request, *, status: int) -> Response:
    row = list_api_keys_of(user_id=member_of(request).id, today=timezone.now().date()).get(pk=made.id)
    return Response({**ApiKeyOutput(row).data, "key": made.key}, status=status)
