from __future__ import annotations

from uuid import UUID

from django.db.models import QuerySet
from django.http import HttpResponse
from django.utils import timezone
from django.utils.cache import get_conditional_response
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework.generics import ListAPIView
from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from authentication.members import member_of
from core.models import CalendarFeed
from core.selectors.calendar_feeds import feed_id_of, list_feeds_of, open_feed
from core.serializers.calendar_feeds import FeedInput, FeedOutput
from core.services.calendar_feeds import create_feed, revoke_feed
from numerai.api.conditional import IF_NONE_MATCH, etag_of
from numerai.api.fields import valid
from numerai.api.idempotency import idempotent
from numerai.api.limits import address_key
from numerai.api.negotiation import AnyAccept
from numerai.api.pagination import NumberedPagination

_TAGS = ["forecasts"]
CALENDAR = "text/calendar; charset=utf-8"


@extend_schema_view(
    get=extend_schema(operation_id="list_calendar_feeds", tags=_TAGS, summary="List your calendar feeds")
)
class FeedsView(ListAPIView[CalendarFeed]):
    """The calendar feeds of a member."""

    rate_limit_category = "numerology"
    permission_classes = [IsAuthenticated]
    extra_error_statuses = (409,)
    serializer_class = FeedOutput
    pagination_class = NumberedPagination
    queryset = CalendarFeed.objects.none()

    def get_queryset(self) -> QuerySet[CalendarFeed]:
        return list_feeds_of(user=member_of(self.request))

    @extend_schema(
        operation_id="create_calendar_feed",
        tags=_TAGS,
        summary="Make an address that calendar programs subscribe to",
        description="Whoever has the address can read the entries, until the feed is revoked.",
        request=FeedInput,
        responses={201: FeedOutput},
    )
    @idempotent
    def post(self, request: Request) -> Response:
        feed = create_feed(user_id=member_of(request).id, **valid(FeedInput, request))
        return Response(FeedOutput(feed).data, status=201, headers={"Cache-Control": "no-store"})


class FeedView(APIView):
    rate_limit_category = "numerology"
    permission_classes = [IsAuthenticated]

    @extend_schema(
        operation_id="revoke_calendar_feed",
        tags=_TAGS,
        summary="Revoke a calendar feed",
        description="Its address answers no longer, at once.",
        request=None,
        responses={204: None},
    )
    def delete(self, request: Request, feed_id: UUID) -> Response:
        revoke_feed(user_id=member_of(request).id, feed_id=feed_id)
        return Response(status=204)


class FeedFileView(APIView):
    """The file that calendar programs fetch. They sign in nowhere: whoever has the address may read it."""

    rate_limit_category = "numerology"
    authentication_classes = []
    content_negotiation_class = AnyAccept

    def limit_key_of(self, request: Request) -> str:
        """Return the feed as whom its readers count: calendar services fetch many feeds from one address."""
        feed_id = feed_id_of(self.kwargs["token"])
        return f"feed:{feed_id}" if feed_id else address_key(request)

    @extend_schema(
        operation_id="get_calendar_feed_file",
        tags=_TAGS,
        summary="Read a calendar feed by its address",
        parameters=[IF_NONE_MATCH],
        responses={(200, CALENDAR): OpenApiTypes.STR, 304: None},
    )
    def get(self, request: Request, token: str) -> HttpResponse:
        content = open_feed(token=token, now=timezone.now())
        headers = {
            "ETag": etag_of(content).removeprefix("W/"),
            "Cache-Control": "private, no-cache",
            "Content-Disposition": 'inline; filename="numerai.ics"',
            "X-Robots-Tag": "noindex",
        }
        response = HttpResponse(content, content_type=CALENDAR, headers=headers)
        return get_conditional_response(request._request, etag=headers["ETag"], response=response) or response
