"""Addresses for the tests of the conventions (`pytest.mark.urls`): what no real endpoint does yet."""

from __future__ import annotations

from typing import Any

from django.contrib.auth import get_user_model
from django.core.exceptions import PermissionDenied, SuspiciousOperation
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import include, path
from django.views.decorators.csrf import csrf_protect
from rest_framework import serializers
from rest_framework.authentication import BaseAuthentication
from rest_framework.generics import ListAPIView
from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from numerai.api.exceptions import Conflict, RateLimited, ServiceUnavailable
from numerai.api.idempotency import idempotent
from numerai.api.limits import UNLIMITED
from numerai.api.pagination import NumberedPagination, TimeSeriesPagination

User: Any = get_user_model()

FAILURES: dict[str, Exception] = {
    "not-found": Http404("Ada Lovelace"),
    "denied": PermissionDenied("Ada Lovelace"),
    "suspicious": SuspiciousOperation("Ada Lovelace"),
    "conflict": Conflict(details={"reason": "taken"}),
    "limited": RateLimited(retry_after=1.2),
    "unavailable": ServiceUnavailable(),
    "unexpected": ValueError("Ada Lovelace"),
}


class ByHeader(BaseAuthentication):
    """Signs in whoever names an account's id: for tests only."""

    def authenticate(self, request: Request) -> tuple[Any, None] | None:
        sent = request.headers.get("Authorization")
        return (User.objects.get(pk=sent), None) if sent else None

    def authenticate_header(self, request: Request) -> str:
        return "Bearer"


class Failing(APIView):
    rate_limit_category = UNLIMITED

    def get(self, request: Request, failure: str) -> Response:
        secret = "Ada Lovelace"  # a local that no log may show
        raise FAILURES[failure] if secret else AssertionError


class Inner(serializers.Serializer[Any]):
    day = serializers.DateField()


class Input(serializers.Serializer[Any]):
    name = serializers.CharField()
    colour = serializers.ChoiceField(choices=["red", "blue"])
    many = serializers.MultipleChoiceField(choices=["a"], required=False)
    id = serializers.UUIDField(required=False)
    user = serializers.PrimaryKeyRelatedField(queryset=User.objects.all(), required=False)
    address = serializers.IPAddressField(required=False)
    items = serializers.ListField(child=serializers.IntegerField(), required=False)
    table = serializers.DictField(child=serializers.IntegerField(), required=False)
    inner = Inner(required=False)


class Validating(APIView):
    rate_limit_category = UNLIMITED

    def post(self, request: Request) -> Response:
        sent = Input(data=request.data)
        sent.is_valid(raise_exception=True)
        return Response({"name": sent.validated_data["name"]})


class Plain(APIView):
    rate_limit_category = UNLIMITED

    def get(self, request: Request) -> Response:
        return Response({"a": 1})

    def delete(self, request: Request) -> Response:
        return Response(status=204)


class Private(APIView):
    rate_limit_category = "daily_reading"
    authentication_classes = [ByHeader]
    permission_classes = [IsAuthenticated]

    def get(self, request: Request) -> Response:
        return Response({"id": str(request.user.pk)})


class Limited(APIView):
    rate_limit_category = "numerology"
    authentication_classes = [ByHeader]

    def get(self, request: Request) -> Response:
        return Response({})

    def post(self, request: Request) -> Response:
        raise ValueError("Ada Lovelace")


class Member(serializers.ModelSerializer[Any]):
    class Meta:
        model = User
        fields = ["id", "email"]


class Series(ListAPIView[Any]):
    rate_limit_category = UNLIMITED
    queryset = User.objects.all()
    serializer_class = Member
    pagination_class = TimeSeriesPagination


class Numbered(ListAPIView[Any]):
    rate_limit_category = UNLIMITED
    queryset = User.objects.order_by("email")
    serializer_class = Member
    pagination_class = NumberedPagination


class Working(APIView):
    """Counts how often it really worked; `fail` in the body says how to fail."""

    rate_limit_category = UNLIMITED
    authentication_classes = [ByHeader]
    worked: list[str] = []

    @idempotent
    def post(self, request: Request) -> Response:
        self.worked.append(str(request.user.pk))
        wanted = request.data.get("fail")
        if wanted:
            raise FAILURES[wanted]
        return Response({"name": request.data.get("name"), "times": len(self.worked)}, status=201)


def html_error(request: HttpRequest) -> HttpResponse:
    return HttpResponse("<h1>no</h1>", status=403)


def crash(request: HttpRequest) -> HttpResponse:
    raise ValueError("Ada Lovelace")


@csrf_protect
def form(request: HttpRequest) -> HttpResponse:
    return HttpResponse("ok")


def body_reader(request: HttpRequest) -> HttpResponse:
    return HttpResponse(str(len(request.body)))


paths = [
    path("failing/<failure>", Failing.as_view()),
    path("validating", Validating.as_view()),
    path("plain", Plain.as_view()),
    path("private", Private.as_view()),
    path("limited", Limited.as_view()),
    path("series", Series.as_view()),
    path("numbered", Numbered.as_view()),
    path("working", Working.as_view()),
    path("html-error", html_error),
    path("crash", crash),
    path("form", form),
    path("body", body_reader),
]
urlpatterns = [path("api/test/", include(paths)), path("pages/", include(paths))]

handler400 = "numerai.api.errors.bad_request"
handler403 = "numerai.api.errors.permission_denied"
handler404 = "numerai.api.errors.not_found"
handler500 = "numerai.api.errors.server_error"
