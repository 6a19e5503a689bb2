"""/dev/push: see a push arrive in this very browser. With DEBUG on only.

The page uses the API and the service worker as every app of ours does; all that is made for it is the button that does
not wait for the morning.
"""

from __future__ import annotations

from uuid import UUID

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from drf_spectacular.utils import extend_schema
from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from authentication.members import member_of
from core.selectors.readings import get_reader
from core.services.trying_out import push_reading_again
from notifications.kinds import Kind
from notifications.selectors import get_push
from numerai.api.exceptions import NotFound


def _require_debug() -> None:
    """Raise Http404 unless DEBUG is on: no member sends readings to themselves as often as they like."""
    if not settings.DEBUG:
        raise Http404


@require_safe
@never_cache
def show_page(request: HttpRequest) -> HttpResponse:
    """Lead through the three steps: sign in, allow notifications, send."""
    _require_debug()
    return render(request, "core/dev_push.html")


@extend_schema(exclude=True)
class PushedReadingView(APIView):
    """Today's reading as a push to one of the member's devices."""

    permission_classes = [IsAuthenticated]
    rate_limit_category = "other"

    def initial(self, request: Request, *args: object, **kwargs: object) -> None:
        _require_debug()
        super().initial(request, *args, **kwargs)

    def post(self, request: Request, device_id: UUID) -> Response:
        """Queue it, whether or not the device has had it today."""
        push_reading_again(user_id=member_of(request).id, device_id=device_id, now=timezone.now())
        return Response(status=202, data={})

    def get(self, request: Request, device_id: UUID) -> Response:
        """Say how far it has come. Raises NotFound."""
        user_id = member_of(request).id
        today = get_reader(user_id=user_id, now=timezone.now()).today
        found = get_push(kind=Kind.DAILY_READING, user_id=user_id, device_id=device_id, due_on=today)
        if found is None:
            raise NotFound
        return Response({"state": found.state, "outcome": found.outcome}, headers={"Cache-Control": "no-store"})
