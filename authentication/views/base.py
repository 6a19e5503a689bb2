from __future__ import annotations

from typing import Any, cast

from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import Serializer
from rest_framework.views import APIView

from authentication.members import Member


class AccountView(APIView):
    """What the views of accounts have in common: answers that nobody may keep."""

    rate_limit_category = "authentication"

    def finalize_response(self, request: Any, response: Any, *args: Any, **kwargs: Any) -> Any:
        finished = super().finalize_response(request, response, *args, **kwargs)
        finished.headers["Cache-Control"] = "no-store"
        return finished


class OpenView(AccountView):
    """For people who are not signed in. A token that comes along is not looked at: it may be the reason they come."""

    authentication_classes = []


class MemberView(AccountView):
    """For members only."""

    permission_classes = [IsAuthenticated]


def member_of(request: Request) -> Member:
    """Return who is signed in. For views that let only members in."""
    return cast(Member, request.user)


def valid(serializer: type[Serializer[Any]], request: Request, **options: Any) -> dict[str, Any]:
    """Return what was sent, checked."""
    sent = serializer(data=request.data, **options)
    sent.is_valid(raise_exception=True)
    return cast(dict[str, Any], sent.validated_data)


def code_sent(resend_after: float) -> Response:
    """Return the one answer to every request for a code."""
    return Response({"resend_after": max(1, round(resend_after))}, status=202)
