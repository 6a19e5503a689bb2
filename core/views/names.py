from __future__ import annotations

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from core.comparisons.names import compare_names
from core.serializers.chart_schema import NUMBER_COMPONENT
from core.serializers.fields import engine_errors
from core.serializers.names import NAME_COMPARISON_COMPONENTS, NameComparisonInput
from core.views.calculations import Calculation, component, example


class NameComparisonView(Calculation):
    schema_components = NUMBER_COMPONENT | NAME_COMPARISON_COMPONENTS

    @extend_schema(
        operation_id="compare_names",
        tags=["numerology"],
        summary="Compare names that you think of",
        description="Returns the numbers of each name, what changes with it, and what stays. Needs no account; nothing "
        "is stored.",
        request=NameComparisonInput,
        responses=component("NameComparison"),
        examples=[
            example(
                "A name after a marriage",
                birth_name="Augusta Ada Byron",
                candidates=[{"kind": "married", "name": "Ada Lovelace"}],
            )
        ],
    )
    def post(self, request: Request) -> Response:
        sent = NameComparisonInput(data=request.data)
        sent.is_valid(raise_exception=True)
        with engine_errors(sent):
            return Response(compare_names(**sent.arguments()))
