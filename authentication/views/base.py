from __future__ import annotations

from typing import Any

from rest_framework.permissions import IsAuthenticated
from rest_framework.response import Response
from rest_framework.views import APIView

from authentication.members import member_of
from numerai.api.fields import valid

__all__ = ["AccountView", "MemberView", "OpenView", "code_sent", "member_of", "valid"]


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


def code_sent(resend_after: float) -> Response:
    """Return the one answer to every request for a code."""
    return Response({"resend_after": max(1, round(resend_after))}, status=202)
