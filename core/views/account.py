from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from authentication.hot_reads import HotReadView
from authentication.members import Member, member_of
from core.selectors.profiles import get_own_data
from core.serializers.profiles import MemberInput, MemberOutput
from core.services.account import update_member
from numerai.api.conditional import IF_NONE_MATCH
from numerai.api.envelope import encode
from numerai.api.fields import valid

KEPT_FOR = timedelta(hours=1)


class MemberProfileView(HotReadView):
    """A member's own account and birth data: authentication's and ours, at one address."""

    rate_limit_category = "user_profile"

    @classmethod
    def kept_as(cls, request: HttpRequest, **_: Any) -> str:
        return "profile"

    @classmethod
    def make(cls, request: HttpRequest, user: Member, **_: Any) -> tuple[bytes, datetime]:
        return encode(_shown(user)), timezone.now() + KEPT_FOR

    @extend_schema(
        operation_id="get_profile",
        tags=["users"],
        summary="Read the account and your birth data",
        parameters=[IF_NONE_MATCH],
        responses={200: MemberOutput, 304: None},
    )
    def get(self, request: Request) -> HttpResponse:
        return self.answer(request)

    @extend_schema(
        operation_id="replace_profile",
        tags=["users"],
        summary="Write the account and your birth data",
        description="What is said of your birth is kept in your primary profile, which is made if there is none.",
        request=MemberInput,
        responses={200: MemberOutput},
    )
    def put(self, request: Request) -> Response:
        return self._write(request, partial=False)

    @extend_schema(
        operation_id="update_profile",
        tags=["users"],
        summary="Write some of the account or of your birth data",
        request=MemberInput(partial=True),
        responses={200: MemberOutput},
    )
    def patch(self, request: Request) -> Response:
        return self._write(request, partial=True)

    def _write(self, request: Request, *, partial: bool) -> Response:
        changes = valid(MemberInput, request, partial=partial)
        update_member(user_id=member_of(request).id, changes=changes, now=timezone.now())
        return Response(_shown(member_of(request)), headers={"Cache-Control": "no-store"})


def _shown(member: Member) -> Any:
    own = get_own_data(user_id=member.id)
    return MemberOutput(own, context={"is_premium": member.is_premium}).data
