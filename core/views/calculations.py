from __future__ import annotations

from functools import lru_cache
from typing import Any

from django.http import HttpResponse
from django.utils import timezone
from drf_spectacular.utils import OpenApiExample, OpenApiResponse, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from authentication.scopes import Scope
from core.numerology import birth_chart, name_analysis, number_analysis, systems
from core.selectors.content import VERSION_KEY, library_of
from core.serializers.calculation_schema import NAME_ANALYSIS, NUMBER_ANALYSIS, SYSTEMS
from core.serializers.calculations import CalculateInput, NameAnalysisInput, NumberAnalysisInput
from core.serializers.chart_schema import CHART_COMPONENTS, NUMBER_COMPONENT, Schema
from core.serializers.content import interpretations_data
from core.serializers.fields import engine_errors
from numerai.api.conditional import IF_NONE_MATCH, not_modified_or
from numerai.api.envelope import encode

_NOTHING_STORED = "Needs no account; nothing is stored."


def component(name: str) -> dict[int, Schema]:
    """Return what an operation answers, by the name of a component."""
    return {200: {"$ref": f"#/components/schemas/{name}"}}


def example(title: str, **body: Any) -> OpenApiExample:
    return OpenApiExample(title, body, request_only=True)


class Calculation(APIView):
    """A calculation for anyone: no account, and nothing of it is stored or logged."""

    rate_limit_category = "numerology"
    api_key_scope: Scope | dict[str, Scope] = Scope.NUMEROLOGY_READ

    def finalize_response(self, request: Request, response: Any, *args: Any, **kwargs: Any) -> Any:
        response.headers.setdefault("Cache-Control", "no-store")
        return super().finalize_response(request, response, *args, **kwargs)


class CalculateView(Calculation):
    schema_components = CHART_COMPONENTS
    bring_along = (VERSION_KEY,)

    @extend_schema(
        operation_id="calculate_chart",
        tags=["numerology"],
        summary="Calculate a birth chart",
        description=f"Returns every number of a person with its working. {_NOTHING_STORED}",
        request=CalculateInput,
        responses=component("BirthChart"),
        examples=[example("A name and a birth date", name="Ada Lovelace", birth_date="1815-12-10")],
    )
    def post(self, request: Request) -> Response:
        sent = CalculateInput(data=request.data)
        sent.is_valid(raise_exception=True)
        with engine_errors(sent):
            chart = birth_chart(**sent.chart_arguments(now=timezone.now())).to_dict()
        if sent.validated_data.get("include"):
            library = library_of(request._request)
            chart["interpretations"] = interpretations_data(library, chart, sent.validated_data["lang"])
        return Response(chart)


class NameAnalysisView(Calculation):
    schema_components = NUMBER_COMPONENT | {"NameAnalysis": NAME_ANALYSIS}

    @extend_schema(
        operation_id="analyse_name",
        tags=["numerology"],
        summary="Calculate the numbers of a name",
        description=f"Returns what a chart says of a name, without a birth date. {_NOTHING_STORED}",
        request=NameAnalysisInput,
        responses=component("NameAnalysis"),
        examples=[example("A name", name="Ada Lovelace")],
    )
    def post(self, request: Request) -> Response:
        sent = NameAnalysisInput(data=request.data)
        sent.is_valid(raise_exception=True)
        with engine_errors(sent):
            return Response(name_analysis(**sent.validated_data))


class NumberAnalysisView(Calculation):
    schema_components = NUMBER_COMPONENT | {"NumberAnalysis": NUMBER_ANALYSIS}

    @extend_schema(
        operation_id="analyse_number",
        tags=["numerology"],
        summary="Calculate the number of a house, business, vehicle or telephone",
        description=f"Letters count by a letter table, digits as themselves. {_NOTHING_STORED}",
        request=NumberAnalysisInput,
        responses=component("NumberAnalysis"),
        examples=[example("A house", kind="house", text="42B"), example("A car", kind="vehicle", text="KA 01 AB 1234")],
    )
    def post(self, request: Request) -> Response:
        sent = NumberAnalysisInput(data=request.data)
        sent.is_valid(raise_exception=True)
        with engine_errors(sent):
            return Response(number_analysis(**sent.validated_data))


@lru_cache(maxsize=1)
def _systems() -> bytes:
    return encode(systems())


class SystemsView(Calculation):
    schema_components = {"NumerologySystems": SYSTEMS}

    @extend_schema(
        operation_id="list_systems",
        tags=["numerology"],
        summary="List presets, options and letter tables",
        description="Everything that the calculations take, with defaults and sources. The same for everybody until "
        "the engine changes: it may be kept by any cache, and its ETag says whether it has changed.",
        parameters=[IF_NONE_MATCH],
        responses={**component("NumerologySystems"), 304: OpenApiResponse(description="What you have is current.")},
    )
    def get(self, request: Request) -> HttpResponse:
        return not_modified_or(_systems(), request, cache_control="public, max-age=3600")
