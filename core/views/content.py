from __future__ import annotations

from django.http import HttpResponse
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework.request import Request
from rest_framework.views import APIView

from authentication.scopes import Scope
from core.selectors.content import VERSION_KEY, get_interpretation, library_of, list_positions
from core.serializers.content import INTERPRETATION_COMPONENTS, LanguageQuery, interpretation_data
from numerai.api.conditional import IF_NONE_MATCH, not_modified_or
from numerai.api.envelope import encode
from numerai.api.exceptions import NotFound

# A corrected text may take an hour to reach who has the old one; asking again with its ETag costs next to nothing.
_CACHE = "public, max-age=3600"
_CURRENT = OpenApiResponse(description="What you have is current.")


class Interpretations(APIView):
    """Texts that are the same for everybody: any cache may keep them."""

    rate_limit_category = "numerology"
    api_key_scope = Scope.NUMEROLOGY_READ
    schema_components = INTERPRETATION_COMPONENTS
    bring_along = (VERSION_KEY,)


class PositionsView(Interpretations):
    @extend_schema(
        operation_id="list_interpretations",
        tags=["numerology"],
        summary="List the positions that have interpretations",
        description="With the numbers that can stand there, and the languages that have a text for each of them.",
        parameters=[IF_NONE_MATCH],
        responses={200: {"$ref": "#/components/schemas/PositionList"}, 304: _CURRENT},
    )
    def get(self, request: Request) -> HttpResponse:
        return not_modified_or(encode(list_positions(library_of(request._request))), request, cache_control=_CACHE)


class InterpretationView(Interpretations):
    @extend_schema(
        operation_id="get_interpretation",
        tags=["numerology"],
        summary="Read the interpretation of a number at a position",
        parameters=[LanguageQuery, IF_NONE_MATCH],
        responses={200: {"$ref": "#/components/schemas/Interpretation"}, 304: _CURRENT},
    )
    def get(self, request: Request, position: str, number: int) -> HttpResponse:
        asked = LanguageQuery(data=request.query_params.dict())
        asked.is_valid(raise_exception=True)
        text = get_interpretation(library_of(request._request), position, number, asked.validated_data["lang"])
        if text is None:
            raise NotFound
        return not_modified_or(encode(interpretation_data(text)), request, cache_control=_CACHE)
