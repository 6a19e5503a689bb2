"""Reads that are asked for often: the answer is kept as bytes, and given out after one round trip to Valkey.

A view that derives from HotReadView says under which name an answer is kept, and how to make it. A member's GET then
takes the short way: one script in Valkey finds the member record and judges the token by it, counts the request, and
finds the kept answer (kept_answers.py); the envelope is put around its bytes, and that is all. What Valkey does not
know is loaded and made here, and kept in a second round trip.

Everything else (another method, another way of signing in, a token that is not good, a client that takes no JSON, an
answer that is not kept, Valkey down) goes the ordinary way through the view of DRF, which decides all by itself.
"""

from __future__ import annotations

import functools
from abc import ABC, abstractmethod
from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import InterfaceError, OperationalError, connection
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.utils import timezone
from redis.exceptions import RedisError
from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request
from rest_framework.views import APIView

from authentication import kept_answers, members
from authentication.exceptions import InvalidToken
from authentication.members import Member, MemberRecord
from authentication.tokens import Claims, read_access
from numerai.api.conditional import not_modified_or
from numerai.api.errors import app_error_response
from numerai.api.exceptions import AppError
from numerai.db import Query, Row, fetch_row

# Clients that say what they take, and take what we have.
_ACCEPTS_JSON = ("application/json", "application/*", "*/*")


class HotReadView(APIView, ABC):
    """A member's own data, asked for often. The `get` of a subclass is described, and returns `self.answer(request)`.

    Nothing but `kept_as` and `make` decides what is answered: the short way does not come through the rest of the
    view. Whoever may be signed in may read.
    """

    permission_classes = [IsAuthenticated]
    rate_limit_category = ""
    # Keys of Valkey whose values `make` finds in `request.brought` (numerai.api.limits); None for what is not there.
    bring_along: Sequence[str] = ()
    # Whether a client may keep the answer, to ask with If-None-Match whether it has changed.
    cache_control = "private, no-cache"

    @classmethod
    @abstractmethod
    def kept_as(cls, request: HttpRequest, **kwargs: Any) -> str | None:
        """Return the name under which the answer to this request is kept, or None for one that is made each time.

        Everything that changes the answer is in the name, but for what the member's data version and tier cover. It is
        made of our own words and ids: it is not encrypted.
        """

    @classmethod
    def source(cls, request: HttpRequest, user_id: UUID, **kwargs: Any) -> Query | None:
        """Return the query for the row that `make` is given; None for a view that asks for all it needs by itself.

        It is asked together with the member record where that is not known, so its first column is never null.
        """
        return None

    @classmethod
    @abstractmethod
    def make(cls, request: HttpRequest, user: Any, *, row: Row | None, **kwargs: Any) -> tuple[bytes, datetime]:
        """Return the data of the answer, as JSON, and until when it is good. Raises AppError.

        `user` is a Member, or who comes with an API key if the view takes keys. `row` is what `source` brought.
        """

    @classmethod
    def as_view(cls, **initkwargs: Any) -> Any:
        """Return the view, behind the short way."""
        ordinary = super().as_view(**initkwargs)

        @functools.wraps(ordinary)
        def view(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            return _short_way(cls, request, kwargs) or ordinary(request, *args, **kwargs)

        return view

    def answer(self, request: Request) -> HttpResponse:
        """Return the answer, made anew."""
        user: Any = request.user
        source = self.source(request._request, user.pk, **self.kwargs)
        row = fetch_row(source) if source else None
        data, _ = self.make(request._request, user, row=row, **self.kwargs)
        return not_modified_or(data, request, cache_control=self.cache_control)


def _short_way(view: type[HotReadView], request: HttpRequest, kwargs: dict[str, Any]) -> HttpResponse | None:
    """Return the answer to a request that is as plain as most are; None for any other."""
    accepts = request.META.get("HTTP_ACCEPT", "*/*")
    if request.method != "GET" or not any(kind in accepts for kind in _ACCEPTS_JSON):
        return None
    name = view.kept_as(request, **kwargs)
    claims = None if name is None else _claims_of(request)
    if name is None or claims is None:
        return None
    try:
        return _answer(view, request, claims, name, kwargs)
    except RedisError:
        return None
    except (InterfaceError, OperationalError):
        connection.close_if_unusable_or_obsolete()
    return None


def _answer(
    view: type[HotReadView], request: HttpRequest, claims: Claims, name: str, kwargs: dict[str, Any]
) -> HttpResponse | None:
    """Return the answer to a token's request; None for a token that is not good. Raises what Valkey and SQL raise."""
    category = view.rate_limit_category
    found = kept_answers.take(claims, category=category, name=name, bring_along=view.bring_along)
    request.brought = found.brought  # type: ignore[attr-defined]  # ours, as the ordinary way has it
    member, record, verdict, data = found.member, None, found.verdict, found.data
    source, row = None, None
    if data is None:
        # A read can be repeated: whether the connection still lives is not asked, and where it does not, the ordinary
        # way begins anew.
        connection.health_check_done = True  # type: ignore[attr-defined]  # django-stubs lacks it
        source = view.source(request, claims.user_id, **kwargs)
    if member is None:
        record, row = _load(claims.user_id, source)
        if record is None or not record.admits(token_version=claims.token_version, session_id=claims.session_id.hex):
            return None
        member = Member.of(claims, record)
    request.user = member  # type: ignore[assignment]  # as in DRF's views; the log names its id
    failure: AppError | None = None
    if data is None and (verdict is None or verdict.allowed):
        ends_at = timezone.now()
        if source and record is None:
            row = fetch_row(source)
        try:
            data, ends_at = view.make(request, member, row=row, **kwargs)
        except AppError as error:
            failure = error
        verdict = kept_answers.settle(
            found, member, record, category=category, name=name, data=data or b"", ends_at=ends_at
        )
    assert verdict is not None  # noqa: S101 - taken or settled
    if not verdict.allowed:
        failure = verdict.error(retry_after=verdict.retry_after)
    if failure is None:
        response = not_modified_or(data or b"", request, cache_control=view.cache_control)
    else:
        response = app_error_response(failure, request)
        response._has_been_logged = True  # type: ignore[attr-defined]  # as in numerai.api.errors
    for header, value in verdict.headers().items():
        response[header] = value
    return response


def _load(user_id: UUID, source: Query | None) -> tuple[MemberRecord | None, Row | None]:
    """Return a member's record and the row of a query, by one query."""
    now = timezone.now()
    return members.load_with(source, user_id, now=now) if source else (members.load(user_id, now=now), None)


def _claims_of(request: HttpRequest) -> Claims | None:
    """Return what the access token says; None without one that is good."""
    scheme, _, token = request.META.get("HTTP_AUTHORIZATION", "").partition(" ")
    if scheme.lower() != "bearer" or not token:
        return None
    try:
        return read_access(token)
    except InvalidToken:
        return None
