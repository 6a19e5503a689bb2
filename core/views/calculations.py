from __future__ import annotations

from django.utils import timezone
from drf_spectacular.utils import OpenApiExample, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from authentication.scopes import Scope
from core.numerology import EngineError, birth_chart
from core.serializers.calculations import CalculateInput, field_of
from core.serializers.chart_schema import CHART_COMPONENTS
from numerai.api.exceptions import InvalidInput


class CalculateView(APIView):
    """A chart for anyone: no account, and nothing is stored or logged."""

    rate_limit_category = "numerology"
    api_key_scope = Scope.NUMEROLOGY_READ
    schema_components = CHART_COMPONENTS

    @extend_schema(
        operation_id="calculate_chart",
        tags=["numerology"],
        summary="Calculate a birth chart",
        description="Returns every number of a person with its working. Needs no account; nothing is stored.",
        request=CalculateInput,
        responses={200: {"$ref": "#/components/schemas/BirthChart"}},
        examples=[
            OpenApiExample(
                "A name and a birth date", {"name": "Ada Lovelace", "birth_date": "1815-12-10"}, request_only=True
            )
        ],
    )
    def post(self, request: Request) -> Response:
        sent = CalculateInput(data=request.data)
        sent.is_valid(raise_exception=True)
        try:
            chart = birth_chart(**sent.chart_arguments(now=timezone.now()))
        except EngineError as error:
            raise InvalidInput({field_of(error): [error.message]}, reason=error.code) from None
        return Response(chart.to_dict(), headers={"Cache-Control": "no-store"})
