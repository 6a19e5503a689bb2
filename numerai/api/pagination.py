"""Cursors for time series, page numbers for small lists; 20 items by default, 100 at most."""

from __future__ import annotations

import math
from datetime import date, timedelta
from typing import Any

from django.core import signing
from django.core.exceptions import ValidationError
from django.db.models import Q, QuerySet
from rest_framework.pagination import BasePagination
from rest_framework.request import Request
from rest_framework.response import Response

from numerai.api.envelope import ListData
from numerai.api.exceptions import InvalidInput

DEFAULT_SIZE = 20
MAX_SIZE = 100
_MAX_PAGE = 1_000_000


def whole_number(request: Request, name: str, *, default: int, highest: int) -> int:
    raw = request.query_params.get(name)
    if raw is None:
        return default
    if raw.isascii() and raw.isdigit() and len(raw) < 10 and 1 <= int(raw) <= highest:
        return int(raw)
    raise InvalidInput({name: [f"Takes a whole number from 1 to {highest}."]})


def _number_parameter(name: str, description: str, default: int, highest: int) -> dict[str, Any]:
    return {
        "name": name,
        "required": False,
        "in": "query",
        "description": description,
        "schema": {"type": "integer", "minimum": 1, "maximum": highest, "default": default},
    }


def _list_schema(items: dict[str, Any], pagination: dict[str, Any]) -> dict[str, Any]:
    """Return a list's schema with its pagination beside it; numerai.api.schema puts both into the envelope."""
    required = {"type": "object", "required": list(pagination), "properties": pagination}
    return {"type": "object", "properties": {"items": items, "pagination": required}}


class TimeSeriesPagination(BasePagination):
    """`?limit=&cursor=`: newest first by `ordering`, then by primary key, so that no item is skipped or repeated.

    Rows added meanwhile do not shift the rest. The cursor is signed: a caller can neither build one nor depend on
    what is in it. A view may name another moment or day by `cursor_ordering`.
    """

    ordering = "created_at"

    def paginate_queryset(self, queryset: Any, request: Request, view: Any = None) -> list[Any]:
        self.ordering = getattr(view, "cursor_ordering", self.ordering)
        limit = whole_number(request, "limit", default=DEFAULT_SIZE, highest=MAX_SIZE)
        sent = request.query_params.get("cursor")
        if sent is not None:
            queryset = queryset.filter(self._after(queryset, sent))
        rows = list(queryset.order_by(f"-{self.ordering}", "-pk")[: limit + 1])
        self.next_cursor = self._cursor_at(rows[limit - 1]) if len(rows) > limit else None
        return rows[:limit]

    def _salt(self, model: Any) -> str:
        return f"numerai.cursor.{model._meta.label_lower}.{self.ordering}"

    def _cursor_at(self, row: Any) -> str:
        meta = row._meta
        position = [meta.get_field(self.ordering).value_to_string(row), meta.pk.value_to_string(row)]
        return signing.dumps(position, salt=self._salt(type(row)))

    def _after(self, queryset: QuerySet[Any], sent: str) -> Q:
        meta = queryset.model._meta
        try:
            moment, key = signing.loads(sent, salt=self._salt(queryset.model))
            value, pk = meta.get_field(self.ordering).to_python(moment), meta.pk.to_python(key)
        except (signing.BadSignature, ValueError, ValidationError):
            raise InvalidInput({"cursor": ["Takes the next_cursor of an earlier answer to the same list."]}) from None
        # The first condition is implied by the second; PostgreSQL needs it to walk the index.
        return Q(**{f"{self.ordering}__lte": value}) & (Q(**{f"{self.ordering}__lt": value}) | Q(pk__lt=pk))

    def get_paginated_response(self, data: Any) -> Response:
        return Response(ListData(data, {"next_cursor": self.next_cursor, "has_more": self.next_cursor is not None}))

    def get_schema_operation_parameters(self, view: Any) -> list[dict[str, Any]]:
        return [
            _number_parameter("limit", f"How many items: {DEFAULT_SIZE} by default.", DEFAULT_SIZE, MAX_SIZE),
            {
                "name": "cursor",
                "required": False,
                "in": "query",
                "description": "The next_cursor of the answer before.",
                "schema": {"type": "string"},
            },
        ]

    def get_paginated_response_schema(self, schema: dict[str, Any]) -> dict[str, Any]:
        return _list_schema(schema, {"next_cursor": {"type": ["string", "null"]}, "has_more": {"type": "boolean"}})


class NumberedPagination(BasePagination):
    """`?page=&per_page=` for small lists. A page past the end is empty, not an error."""

    def paginate_queryset(self, queryset: Any, request: Request, view: Any = None) -> list[Any]:
        page = whole_number(request, "page", default=1, highest=_MAX_PAGE)
        per_page = whole_number(request, "per_page", default=DEFAULT_SIZE, highest=MAX_SIZE)
        total = queryset.count()
        self.numbers = {
            "page": page,
            "per_page": per_page,
            "total": total,
            "total_pages": math.ceil(total / per_page),
        }
        ordered = queryset if queryset.ordered else queryset.order_by("pk")
        return list(ordered[(page - 1) * per_page : page * per_page])

    def get_paginated_response(self, data: Any) -> Response:
        return Response(ListData(data, self.numbers))

    def get_schema_operation_parameters(self, view: Any) -> list[dict[str, Any]]:
        return [
            _number_parameter("page", "Which page, from 1.", 1, _MAX_PAGE),
            _number_parameter("per_page", f"How many items: {DEFAULT_SIZE} by default.", DEFAULT_SIZE, MAX_SIZE),
        ]

    def get_paginated_response_schema(self, schema: dict[str, Any]) -> dict[str, Any]:
        numbers = ("page", "per_page", "total", "total_pages")
        return _list_schema(schema, {name: {"type": "integer", "minimum": 0} for name in numbers})


_DAYS_SALT = "numerai.cursor.days"


def page_of_days(request: Request, *, first: date, last: date) -> tuple[list[date], dict[str, Any]]:
    """Return the days of a page of `?limit=&cursor=` between two days, the last one first, and its pagination.

    For what every day has, whether or not there is a row of it. TimeSeriesPagination describes the parameters.
    """
    limit = whole_number(request, "limit", default=DEFAULT_SIZE, highest=MAX_SIZE)
    sent = request.query_params.get("cursor")
    if sent is not None:
        try:
            last = min(last, date.fromisoformat(signing.loads(sent, salt=_DAYS_SALT)))
        except (signing.BadSignature, TypeError, ValueError):
            raise InvalidInput({"cursor": ["Takes the next_cursor of an earlier answer to the same list."]}) from None
    days = [last - timedelta(n) for n in range(min(limit, max(0, (last - first).days + 1)))]
    rest = days[-1] - timedelta(1) if days and days[-1] > first else None
    cursor = rest and signing.dumps(rest.isoformat(), salt=_DAYS_SALT)
    return days, {"next_cursor": cursor, "has_more": cursor is not None}
