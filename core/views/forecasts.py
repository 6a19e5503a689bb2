from __future__ import annotations

from abc import abstractmethod
from datetime import date, datetime
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request

from authentication.hot_reads import HotReadView
from authentication.scopes import Scope
from core.forecasts import reports
from core.local_days import next_midnight
from core.numerology import ENGINE_VERSION, BirthChart
from core.selectors.profiles import chart_day, chart_of, get_chart_source
from core.serializers.forecasts import (
    FORECAST_COMPONENTS,
    ForecastQuery,
    MonthQuery,
    ProfileQuery,
    stretch_of,
)
from core.views.calculations import component
from numerai.api.envelope import encode
from numerai.api.exceptions import InvalidInput
from numerai.api.fields import StrictSerializer, valid_query


class ForecastsView(HotReadView):
    """Something about a stretch of a profile's time; without a query it is kept until the member's midnight."""

    rate_limit_category = "numerology"
    api_key_scope = Scope.PROFILES_READ
    schema_components = FORECAST_COMPONENTS
    name: str
    query: type[StrictSerializer] = ProfileQuery

    @classmethod
    def kept_as(cls, request: HttpRequest, **_: Any) -> str | None:
        return None if request.META.get("QUERY_STRING") else f"{cls.name}:{ENGINE_VERSION}"

    @classmethod
    @abstractmethod
    def told(cls, chart: BirthChart, today: date, asked: dict[str, Any]) -> dict[str, Any]:
        """Return what is said of a chart."""

    @classmethod
    def make(cls, request: HttpRequest, user: Any, **_: Any) -> tuple[bytes, datetime]:
        asked, now = valid_query(cls.query, request), timezone.now()
        profile, zone = get_chart_source(user_id=user.pk, profile_id=asked.get("profile"))
        chart = chart_of(profile, on=None, explain=False)
        told = cls.told(chart, chart_day(profile, now=now, zone=zone), asked)
        return encode({"profile_id": profile.pk, **told}), next_midnight(now, zone)


def _answers(name: str) -> dict[int, Any]:
    return {**component(name), 304: None}


class ForecastView(ForecastsView):
    name = "forecast"
    query = ForecastQuery

    @classmethod
    def told(cls, chart: BirthChart, today: date, asked: dict[str, Any]) -> dict[str, Any]:
        first, last = stretch_of(asked, today=today, born=chart.birth_date)
        return reports.forecast(chart, first, last, by=asked["by"])

    @extend_schema(
        operation_id="get_forecast",
        tags=["forecasts"],
        summary="Read the numbers of the days or months ahead",
        description="The universal and personal numbers of each day or month, the longer cycles that hold meanwhile, "
        "and the days on which they change.",
        parameters=[ForecastQuery],
        responses=_answers("Forecast"),
    )
    def get(self, request: Request) -> HttpResponse:
        return self.answer(request)


class CalendarView(ForecastsView):
    name = "calendar"
    query = MonthQuery

    @classmethod
    def told(cls, chart: BirthChart, today: date, asked: dict[str, Any]) -> dict[str, Any]:
        first, born = asked.get("month", today.replace(day=1)), chart.birth_date
        if (first.year, first.month) < (born.year, born.month):
            raise InvalidInput({"month": ["Takes the month of the birth, or a later one."]})
        return reports.month(chart, first)

    @extend_schema(
        operation_id="get_calendar",
        tags=["forecasts"],
        summary="Read the days of a month",
        description="Each day with its numbers and what changes on it.",
        parameters=[MonthQuery],
        responses=_answers("CalendarMonth"),
    )
    def get(self, request: Request) -> HttpResponse:
        return self.answer(request)


class TimelineView(ForecastsView):
    name = "timeline"

    @classmethod
    def told(cls, chart: BirthChart, today: date, asked: dict[str, Any]) -> dict[str, Any]:
        return reports.timeline(chart, today)

    @extend_schema(
        operation_id="get_timeline",
        tags=["forecasts"],
        summary="Read the cycles of a whole life",
        description=f"From birth to the age of {reports.LIFE_YEARS}, with dates and ages.",
        parameters=[ProfileQuery],
        responses=_answers("Timeline"),
    )
    def get(self, request: Request) -> HttpResponse:
        return self.answer(request)


class ChangesView(ForecastsView):
    name = "changes"

    @classmethod
    def told(cls, chart: BirthChart, today: date, asked: dict[str, Any]) -> dict[str, Any]:
        return reports.coming_changes(chart, today)

    @extend_schema(
        operation_id="list_changes",
        tags=["forecasts"],
        summary="Read what changes next",
        description="The next change of each cycle, the nearest first.",
        parameters=[ProfileQuery],
        responses=_answers("ComingChanges"),
    )
    def get(self, request: Request) -> HttpResponse:
        return self.answer(request)
