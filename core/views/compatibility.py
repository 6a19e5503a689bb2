from __future__ import annotations

from datetime import date, timedelta, timezone
from uuid import UUID

from django.db.models import QuerySet
from django.utils.timezone import now
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework.generics import ListAPIView
from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from authentication.members import Member, member_of
from authentication.scopes import Scope
from core.comparisons.score import matrix, score
from core.models import Comparison
from core.numerology import compare, compare_all
from core.selectors.comparisons import list_comparisons_of, people_of
from core.serializers.calculation_schema import COMPARISON, GROUP
from core.serializers.chart_schema import NUMBER_COMPONENT
from core.serializers.compatibility import ComparisonInput, ComparisonOutput, GroupInput
from core.serializers.fields import engine_errors
from core.services import comparisons
from core.views.calculations import Calculation, component, example
from numerai.api.idempotency import idempotent
from numerai.api.pagination import TimeSeriesPagination

# Nobody is born later than today in the zone that is furthest ahead.
_FURTHEST_AHEAD = timezone(timedelta(hours=14))
_SCORED = (
    "With relation there is a score as well, by a weighting of our own. People are given here, which needs no account, "
    "or by the id of a profile of yours."
)


def _latest_birth() -> date:
    return now().astimezone(_FURTHEST_AHEAD).date()


class CompatibilityView(Calculation):
    schema_components = NUMBER_COMPONENT | {"Comparison": COMPARISON}

    @extend_schema(
        operation_id="compare_people",
        tags=["numerology"],
        summary="Compare two people",
        description="Returns each core number of one beside that of the other, with the label that each school prints "
        f"for the two. {_SCORED} A member's comparison is remembered, without names and birth dates.",
        request=ComparisonInput,
        responses=component("Comparison"),
        examples=[
            example(
                "Two people",
                first={"name": "Ada Lovelace", "birth_date": "1815-12-10"},
                second={"name": "Charles Babbage", "birth_date": "1791-12-26"},
                relation="work",
            )
        ],
    )
    @idempotent
    def post(self, request: Request) -> Response:
        sent = ComparisonInput(data=request.data)
        sent.is_valid(raise_exception=True)
        given = sent.people()
        people = people_of(given, user=request.user)
        with engine_errors(sent):
            compared = compare(*people, **sent.how(), on=_latest_birth())
        scored = score(compared["pairs"], sent.validated_data.get("relation"))
        kept = None
        if isinstance(request.user, Member) and sent.validated_data["remember"]:
            kept = comparisons.remember_comparison(
                user_id=request.user.id,
                profile_ids=[person.get("profile_id") for person in given],
                labels=[person.get("label") for person in given],
                compared=compared,
                score=scored,
            )
        return Response({**compared, "score": scored, "remembered_as": kept and kept.pk})


class GroupView(Calculation):
    schema_components = NUMBER_COMPONENT | {"GroupComparison": GROUP}

    @extend_schema(
        operation_id="compare_group",
        tags=["numerology"],
        summary="Compare up to eight people",
        description=f"Returns everybody's core numbers, and each two of them compared. {_SCORED} Nothing is stored.",
        request=GroupInput,
        responses=component("GroupComparison"),
    )
    def post(self, request: Request) -> Response:
        sent = GroupInput(data=request.data)
        sent.is_valid(raise_exception=True)
        people = people_of(sent.validated_data["people"], user=request.user)
        with engine_errors(sent):
            compared = compare_all(people, **sent.how(), on=_latest_birth())
        relation = sent.validated_data.get("relation")
        for pair in compared["comparisons"]:
            pair["score"] = score(pair["pairs"], relation)
        return Response({**compared, "matrix": matrix(compared["comparisons"], len(people)) if relation else None})


@extend_schema_view(
    get=extend_schema(operation_id="list_comparisons", tags=["profiles"], summary="List the comparisons you made")
)
class HistoryView(Calculation, ListAPIView[Comparison]):
    """What a member compared, the newest first."""

    permission_classes = [IsAuthenticated]
    api_key_scope = {"GET": Scope.PROFILES_READ}
    serializer_class = ComparisonOutput
    pagination_class = TimeSeriesPagination
    queryset = Comparison.objects.none()

    def get_queryset(self) -> QuerySet[Comparison]:
        return list_comparisons_of(user=member_of(self.request))

    @extend_schema(
        operation_id="forget_comparisons",
        tags=["profiles"],
        summary="Forget the comparisons you made",
        request=None,
        responses={204: None},
    )
    def delete(self, request: Request) -> Response:
        comparisons.forget_comparisons(member_of(request).id)
        return Response(status=204)


class HistoryEntryView(APIView):
    rate_limit_category = "numerology"
    permission_classes = [IsAuthenticated]

    @extend_schema(
        operation_id="forget_comparison",
        tags=["profiles"],
        summary="Forget a comparison",
        request=None,
        responses={204: None},
    )
    def delete(self, request: Request, comparison_id: UUID) -> Response:
        comparisons.forget_comparison(user_id=member_of(request).id, comparison_id=comparison_id)
        return Response(status=204)
