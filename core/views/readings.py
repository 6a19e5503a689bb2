from __future__ import annotations

from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from authentication.hot_reads import HotReadView
from authentication.members import member_of
from authentication.scopes import Scope
from core.local_days import next_midnight
from core.numerology import ENGINE_VERSION
from core.selectors.content import VERSION_KEY, library_of
from core.selectors.readings import (
    feedback_of,
    get_insights,
    get_reader,
    get_reading,
    list_readings,
    reader_of,
    reader_query,
    require_day,
)
from core.serializers.readings import READING_COMPONENTS, DayInput, FeedbackInput, ReadingQuery
from core.services.readings import answer_reading, open_reading
from core.views.calculations import component
from numerai.api.envelope import ListData, encode
from numerai.api.fields import valid, valid_query
from numerai.api.pagination import page_of_days
from numerai.db import Query, Row

_NO_STORE = {"Cache-Control": "no-store"}
_TAGS = ["readings"]
_DAY = OpenApiParameter("date", OpenApiTypes.DATE, OpenApiParameter.PATH, description="The day of the reading.")


class DailyReadingView(HotReadView):
    """Today's reading, kept until the member's midnight; another day's; or the list."""

    rate_limit_category = "daily_reading"
    api_key_scope = Scope.READINGS_READ
    schema_components = READING_COMPONENTS
    bring_along = (VERSION_KEY,)
    extra_error_statuses = (503,)

    @classmethod
    def kept_as(cls, request: HttpRequest, **_: Any) -> str | None:
        return None if request.META.get("QUERY_STRING") else f"daily-reading:{ENGINE_VERSION}"

    @classmethod
    def source(cls, request: HttpRequest, user_id: UUID, **_: Any) -> Query:
        return reader_query(user_id=user_id)

    @classmethod
    def make(cls, request: HttpRequest, user: Any, *, row: Row | None, **_: Any) -> tuple[bytes, datetime]:
        now = timezone.now()
        asked = valid_query(ReadingQuery, request) if request.META.get("QUERY_STRING") else {}
        reader = reader_of(row, now=now)
        day = require_day(reader, asked.get("date", reader.today))
        reading = get_reading(reader, day, library_of(request))
        return encode(reading.to_dict()), next_midnight(now, reader.time_zone)

    @extend_schema(
        operation_id="get_daily_reading",
        tags=_TAGS,
        summary="Read the reading of a day, or the list",
        description=(
            "Today's reading in your own time zone; with `date` that of another day, from the day you signed up to "
            "tomorrow; with `limit` or `cursor` the list up to today, the newest first, with its pagination."
        ),
        parameters=[ReadingQuery],
        responses={
            200: OpenApiResponse(
                {
                    "oneOf": [
                        {"$ref": "#/components/schemas/DailyReading"},
                        {"type": "array", "items": {"$ref": "#/components/schemas/ListedReading"}},
                    ]
                }
            ),
            304: None,
        },
    )
    def get(self, request: Request) -> HttpResponse:
        asked = valid_query(ReadingQuery, request._request)
        return self.list(request) if "limit" in asked or "cursor" in asked else self.answer(request)

    def list(self, request: Request) -> Response:
        reader = get_reader(user_id=member_of(request).id, now=timezone.now())
        days, pagination = page_of_days(request, first=reader.first_day, last=reader.today)
        shown = list_readings(reader, days, library_of(request._request))
        return Response(ListData(shown, pagination), headers=_NO_STORE)


class _OfADay(APIView):
    rate_limit_category = "daily_reading"
    permission_classes = [IsAuthenticated]
    schema_components = READING_COMPONENTS
    bring_along = (VERSION_KEY,)
    extra_error_statuses: tuple[int, ...] = (503,)


def _day_in(address: str) -> date:
    sent = DayInput(data={"date": address})
    sent.is_valid(raise_exception=True)
    day: date = sent.validated_data["date"]
    return day


class OpenedView(_OfADay):
    @extend_schema(
        operation_id="open_daily_reading",
        tags=_TAGS,
        summary="Say that you opened a reading",
        description="Again changes nothing. A reading that was not prepared is kept from then on as it was shown.",
        parameters=[_DAY],
        request=None,
        responses=component("OpenedReading"),
    )
    def post(self, request: Request, date: str) -> Response:
        opened_at = open_reading(
            user_id=member_of(request).id,
            day=_day_in(date),
            library=library_of(request._request),
            now=timezone.now(),
        )
        return Response({"opened_at": opened_at}, headers=_NO_STORE)


class FeedbackView(_OfADay):
    extra_error_statuses = (409, 503)

    @extend_schema(
        operation_id="answer_daily_reading",
        tags=_TAGS,
        summary="Say whether a reading rang true",
        description="Once for each reading, from the day you signed up to today; to be changed on the same day only.",
        parameters=[_DAY],
        request=FeedbackInput,
        responses=component("ReadingFeedback"),
    )
    def post(self, request: Request, date: str) -> Response:
        response = answer_reading(
            user_id=member_of(request).id,
            day=_day_in(date),
            library=library_of(request._request),
            now=timezone.now(),
            **valid(FeedbackInput, request),
        )
        return Response(feedback_of(response), headers=_NO_STORE)


class InsightsView(APIView):
    rate_limit_category = "numerology"
    permission_classes = [IsAuthenticated]
    schema_components = READING_COMPONENTS

    @extend_schema(
        operation_id="get_insights",
        tags=_TAGS,
        summary="Read how often readings rang true",
        description="Beside what chance would give, with the number of answers; nothing is said below 20 of them.",
        responses=component("ReadingInsights"),
    )
    def get(self, request: Request) -> Response:
        return Response(get_insights(user_id=member_of(request).id), headers=_NO_STORE)
