from __future__ import annotations

from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django.utils import timezone
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework.generics import ListAPIView
from rest_framework.request import Request
from rest_framework.response import Response

from authentication.callers import caller_of
from authentication.models import Session
from authentication.selectors import list_sessions_of
from authentication.serializers import EndedOutput, SessionOutput
from authentication.services import sessions
from authentication.views.base import MemberView, member_of
from numerai.api.pagination import NumberedPagination


@extend_schema_view(
    get=extend_schema(operation_id="list_sessions", tags=["auth"], summary="List the devices that are signed in")
)
class SessionsView(MemberView, ListAPIView[Session]):
    serializer_class = SessionOutput
    pagination_class = NumberedPagination
    queryset = Session.objects.none()

    def get_queryset(self) -> QuerySet[Session]:
        member = member_of(self.request)
        return list_sessions_of(user_id=member.id, current=member.session_id, now=timezone.now())


class SessionView(MemberView):
    @extend_schema(
        operation_id="revoke_session", tags=["auth"], summary="Sign one device out", request=None, responses={204: None}
    )
    def delete(self, request: Request, session_id: UUID, **_: Any) -> Response:
        sessions.revoke_session(
            user_id=member_of(request).id, session_id=session_id, caller=caller_of(request), now=timezone.now()
        )
        return Response(status=204)


class RevokeOthersView(MemberView):
    @extend_schema(
        operation_id="revoke_other_sessions",
        tags=["auth"],
        summary="Sign all other devices out",
        request=None,
        responses={200: EndedOutput},
    )
    def post(self, request: Request) -> Response:
        member = member_of(request)
        ended = sessions.revoke_other_sessions(
            user_id=member.id, session_id=member.session_id, caller=caller_of(request), now=timezone.now()
        )
        return Response({"ended": ended})
