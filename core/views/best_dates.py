from __future__ import annotations

from typing import Any

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response

from authentication.members import Member, member_of
from authentication.scopes import Scope
from core.forecasts.best_dates import BASE, SCORING, best_dates
from core.models import NumerologyProfile
from core.numerology import ENGINE_VERSION
from core.selectors.profiles import chart_day, chart_of, get_chart_source, get_profile_for
from core.serializers.best_dates import BEST_DATES_COMPONENTS, BestDatesInput, days_of
from core.views.calculations import Calculation, component, example
from numerai.api.exceptions import InvalidInput
from numerai.api.fields import valid


class BestDatesView(Calculation):
    """How well each day suits a purpose, for one or two of a member's profiles; nothing of it is stored."""

    permission_classes = [IsAuthenticated]
    api_key_scope = Scope.PROFILES_READ
    schema_components = BEST_DATES_COMPONENTS

    @extend_schema(
        operation_id="find_best_dates",
        tags=["forecasts"],
        summary="Find a good day for a purpose",
        description="Every day of a stretch with its score and what made it, the best first. The score is our own.",
        request=BestDatesInput,
        responses=component("BestDates"),
        examples=[example("A wedding in summer", purpose="wedding", **{"from": "2027-04-01", "to": "2027-09-30"})],
    )
    def post(self, request: Request) -> Response:
        asked, member = valid(BestDatesInput, request), member_of(request)
        first, zone = get_chart_source(user_id=member.id, profile_id=asked.get("profile_id"))
        people = [first, *_second(asked, member, first)]
        charts = [chart_of(profile, on=None, explain=False) for profile in people]
        born = max(chart.birth_date for chart in charts)
        stretch = days_of(asked, today=max(born, chart_day(first, now=timezone.now(), zone=zone)), born=born)
        scored = best_dates(asked["purpose"], charts, *stretch, weekdays=asked["weekdays"])
        return Response(
            {
                "engine_version": ENGINE_VERSION,
                "purpose": asked["purpose"],
                "from_date": stretch[0],
                "to_date": stretch[1],
                "profile_ids": [profile.pk for profile in people],
                "scoring": SCORING,
                "base": BASE,
                "days": [day.to_dict(explain=asked["explain"]) for day in scored[: asked["limit"]]],
            }
        )


def _second(asked: dict[str, Any], member: Member, first: NumerologyProfile) -> list[NumerologyProfile]:
    second_id = asked.get("second_profile_id")
    if second_id == first.pk:
        raise InvalidInput({"second_profile_id": ["Takes another profile than the first."]})
    return [get_profile_for(user=member, profile_id=second_id)] if second_id else []
