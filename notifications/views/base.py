from __future__ import annotations

from typing import Any, cast
from uuid import UUID

from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request
from rest_framework.views import APIView


class MemberView(APIView):
    """What a member's own notifications have in common: for members only, and nobody may keep the answers."""

    permission_classes = [IsAuthenticated]
    rate_limit_category = "other"

    def finalize_response(self, request: Any, response: Any, *args: Any, **kwargs: Any) -> Any:
        finished = super().finalize_response(request, response, *args, **kwargs)
        finished.headers["Cache-Control"] = "no-store"
        return finished


def member_id(request: Request) -> UUID:
    """Return who is signed in. For views that let only members in."""
    return cast(UUID, request.user.pk)
