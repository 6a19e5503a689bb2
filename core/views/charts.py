from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request

from authentication.hot_reads import HotReadView
from authentication.scopes import Scope
from core.local_days import next_midnight
from core.numerology import ENGINE_VERSION
from core.selectors.content import VERSION_KEY, library_of
from core.selectors.profiles import chart_day, chart_of, chart_source_of, chart_source_query
from core.serializers.charts import KEPT_CHART_COMPONENTS, ChartQuery
from core.serializers.content import interpretations_data
from numerai.api.conditional import IF_NONE_MATCH
from numerai.api.envelope import encode_plain
from numerai.api.fields import valid_query
from numerai.db import Query, Row

_CHART = {200: {"$ref": "#/components/schemas/KeptBirthChart"}, 304: None}
_DESCRIPTION = "Age, personal cycles and transits are those of today in your time zone."
# The queries that most requests have, by what they say of `explain`; their answers are kept.
_PLAIN = {"": True, "explain=true": True, "explain=false": False}


class ChartView(HotReadView):
    """The whole chart of a profile, kept until the member's midnight."""

    rate_limit_category = "numerology"
    api_key_scope = Scope.PROFILES_READ
    schema_components = KEPT_CHART_COMPONENTS
    bring_along = (VERSION_KEY,)

    @classmethod
    def kept_as(cls, request: HttpRequest, profile_id: UUID | None = None, **_: Any) -> str | None:
        explain = _PLAIN.get(request.META.get("QUERY_STRING", ""))
        if explain is None:
            return None
        return f"birth-chart:{ENGINE_VERSION}:{profile_id or 'primary'}:{explain}"

    @classmethod
    def source(cls, request: HttpRequest, user_id: UUID, profile_id: UUID | None = None, **_: Any) -> Query:
        return chart_source_query(user_id=user_id, profile_id=profile_id)

    @classmethod
    def make(
        cls, request: HttpRequest, user: Any, *, row: Row | None, profile_id: UUID | None = None, **_: Any
    ) -> tuple[bytes, datetime]:
        now = timezone.now()
        plain = _PLAIN.get(request.META.get("QUERY_STRING", ""))
        asked: dict[str, Any] = valid_query(ChartQuery, request) if plain is None else {"explain": plain}
        profile, zone = chart_source_of(row, profile_id=profile_id)
        chart = chart_of(profile, on=chart_day(profile, now=now, zone=zone), explain=asked["explain"]).to_dict()
        data = {name: chart[name] for name in asked.get("fields", chart)}
        if asked.get("include"):
            data["interpretations"] = interpretations_data(library_of(request), chart, asked["lang"])
        return encode_plain(data), next_midnight(now, zone)


class BirthChartView(ChartView):
    @extend_schema(
        operation_id="get_birth_chart",
        tags=["numerology"],
        summary="Read your birth chart",
        description=f"The chart of your primary profile. {_DESCRIPTION}",
        parameters=[ChartQuery, IF_NONE_MATCH],
        responses=_CHART,
    )
    def get(self, request: Request) -> HttpResponse:
        return self.answer(request)


class ProfileBirthChartView(ChartView):
    @extend_schema(
        operation_id="get_profile_birth_chart",
        tags=["profiles"],
        summary="Read the birth chart of a profile",
        description=_DESCRIPTION,
        parameters=[ChartQuery, IF_NONE_MATCH],
        responses=_CHART,
    )
    def get(self, request: Request, profile_id: UUID) -> HttpResponse:
        return self.answer(request)
