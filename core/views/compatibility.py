from __future__ import annotations

from datetime import timedelta, timezone

from django.utils.timezone import now
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from core.numerology import compare
from core.serializers.calculation_schema import COMPARISON
from core.serializers.chart_schema import NUMBER_COMPONENT
from core.serializers.compatibility import ComparisonInput
from core.serializers.fields import engine_errors
from core.views.calculations import Calculation, component, example

# Nobody is born later than today in the zone that is furthest ahead.
_FURTHEST_AHEAD = timezone(timedelta(hours=14))


class CompatibilityView(Calculation):
    schema_components = NUMBER_COMPONENT | {"Comparison": COMPARISON}

    @extend_schema(
        operation_id="compare_people",
        tags=["numerology"],
        summary="Compare two people",
        description="Returns each core number of one beside that of the other, with the label that each school prints "
        "for the two, and no score. Needs no account; nothing is stored.",
        request=ComparisonInput,
        responses=component("Comparison"),
        examples=[
            example(
                "Two people",
                first={"name": "Ada Lovelace", "birth_date": "1815-12-10"},
                second={"name": "Charles Babbage", "birth_date": "1791-12-26"},
            )
        ],
    )
    def post(self, request: Request) -> Response:
        sent = ComparisonInput(data=request.data)
        sent.is_valid(raise_exception=True)
        with engine_errors(sent):
            return Response(compare(**sent.comparison_arguments(), on=now().astimezone(_FURTHEST_AHEAD).date()))
