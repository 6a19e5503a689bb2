"""Reads that are asked for often: the answer is kept as bytes, and given out after one round trip to Valkey.

A view that derives from HotReadView says under which name an answer is kept, and how to make it. When a member asks
again, one script in Valkey does all that a request needs: it finds the member record and judges the token by it, finds
the kept answer and judges whether it is still good, and counts the request against the limit. The envelope is put
around the bytes, and that is all.

Whatever is not so plain (nothing kept, a stale answer, a limit reached, Valkey down, another way of signing in, an
error) goes the ordinary way through the view, which decides everything itself; the script has then counted nothing.

An answer is good for the versions it was made with: the member's data version and tier, both in the member record, so
that a change makes it stale at once; and until a moment that the view names, such as the member's midnight. It is
kept only while that record stands, so that nothing is kept of a member who has just been erased. It is compressed and
encrypted, bound to the member and its name.
"""

from __future__ import annotations

import functools
import hashlib
import time
import zlib
from datetime import datetime
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.utils.http import parse_etags
from redis.exceptions import RedisError
from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request
from rest_framework.views import APIView

from authentication import members
from authentication.exceptions import InvalidToken
from authentication.members import Member
from authentication.tokens import Claims, read_access
from numerai import crypto
from numerai.api import limits, valkey
from numerai.api.envelope import JSON, wrap_data

LIFETIME_MS = 24 * 3_600_000
# Clients that say what they take, and take what we have.
_ACCEPTS_JSON = ("application/json", "application/*", "*/*")

_STAMP_FUNCTION = """
local function stamp_of(record) return string.format('%d:%s', record.data_version, record.tier) end
"""
# KEYS: the member record, the requests that count, the kept answers. ARGV: token version, session, name, then the
# limit and window of the free tier and of the premium one. Returns nothing unless the request may have the kept answer.
_TAKE = (
    members.ADMITS_FUNCTION
    + limits.COUNT_FUNCTION
    + _STAMP_FUNCTION
    + """
local raw = redis.call('GET', KEYS[1])
if not raw or string.sub(raw, 1, 1) ~= '{' then return false end
local record = cjson.decode(raw)
if not admits(record, tonumber(ARGV[1]), ARGV[2]) then return false end
local kept = redis.call('HGET', KEYS[3], ARGV[3])
if not kept then return false end
local stamp, ends, start = string.match(kept, '^([^\\n]*)\\n(%d+)\\n()')
if stamp ~= stamp_of(record) or tonumber(ends) <= tonumber(redis.call('TIME')[1]) then return false end
local at = record.tier == 'premium' and 6 or 4
local counted = count_request(KEYS[2], tonumber(ARGV[at]), tonumber(ARGV[at + 1]))
if counted[1] == 0 then return false end
return {record.tier, record.data_version, record.is_staff and 1 or 0, counted[2], counted[3], string.sub(kept, start)}
"""
)
# KEYS: the member record, the kept answers. ARGV: the stamp it was made with, name, end, etag and bytes, lifetime.
_KEEP = (
    _STAMP_FUNCTION
    + """
local raw = redis.call('GET', KEYS[1])
if not raw or string.sub(raw, 1, 1) ~= '{' or stamp_of(cjson.decode(raw)) ~= ARGV[1] then return end
redis.call('HSET', KEYS[2], ARGV[2], ARGV[1] .. '\\n' .. ARGV[3] .. '\\n' .. ARGV[4])
redis.call('PEXPIRE', KEYS[2], ARGV[5])
"""
)


class HotReadView(APIView):
    """A member's own data, asked for often. The `get` of a subclass ends with `return self.answer(...)`."""

    permission_classes = [IsAuthenticated]
    rate_limit_category = ""
    # Whether a client may keep the answer, to ask with If-None-Match whether it has changed.
    cache_control = "private, no-cache"

    @classmethod
    def kept_as(cls, request: HttpRequest, **kwargs: Any) -> str | None:
        """Return the name under which the answer to this request is kept, or None for one that is made each time.

        Everything that changes the answer is in the name, but for what the member's data version and tier cover. It is
        made of our own words and ids: it is not encrypted.
        """
        raise NotImplementedError

    @classmethod
    def as_view(cls, **initkwargs: Any) -> Any:
        """Return the view, behind the short way."""
        ordinary = super().as_view(**initkwargs)

        @functools.wraps(ordinary)
        def view(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            return _take(cls, request, kwargs) or ordinary(request, *args, **kwargs)

        return view

    def answer(self, request: Request, data: bytes, *, ends_at: datetime) -> HttpResponse:
        """Return `data`, which is JSON already, in its envelope; keep it until `ends_at`, a day at most."""
        etag = f'W/"{hashlib.sha256(data).hexdigest()[:32]}"'
        name = self.kept_as(request._request, **self.kwargs)
        if name is not None and isinstance(request.user, Member):
            _keep(request.user, name, etag, data, ends_at)
        return _response(type(self), request._request, etag, data)


def _context(user_id: UUID, name: str) -> str:
    return f"answer.{user_id}.{name}"


def _claims_of(request: HttpRequest) -> Claims | None:
    """Return what the access token says; None without one that is good."""
    scheme, _, token = request.META.get("HTTP_AUTHORIZATION", "").partition(" ")
    if scheme.lower() != "bearer" or not token:
        return None
    try:
        return read_access(token)
    except InvalidToken:
        return None


def _take(view: type[HotReadView], request: HttpRequest, kwargs: dict[str, Any]) -> HttpResponse | None:
    """Return the kept answer to a request that may have it."""
    accepts = request.META.get("HTTP_ACCEPT", "*/*")
    if request.method != "GET" or not any(kind in accepts for kind in _ACCEPTS_JSON):
        return None
    name = view.kept_as(request, **kwargs)
    claims = _claims_of(request) if name is not None else None
    if name is None or claims is None:
        return None
    category = limits.CATEGORIES[view.rate_limit_category]
    key = limits.window_key(view.rate_limit_category, limits.account_key(claims.user_id))
    rules = [(rule.limit, rule.window * limits.MICROSECONDS) for rule in (category.free, category.premium)]
    try:
        found = valkey.run(
            _TAKE,
            keys=[members.record_key(claims.user_id), key, members.answers_key(claims.user_id)],
            args=[claims.token_version, claims.session_id.hex, name, *rules[0], *rules[1]],
        )
    except RedisError:
        return None
    if not found:
        return None
    tier, data_version, is_staff, remaining, wait, kept = found
    etag, _, sealed = kept.partition(b"\n")
    try:
        data = zlib.decompress(crypto.open_bytes(sealed, context=_context(claims.user_id, name)))
    except (crypto.CryptoError, zlib.error):
        return None
    request.user = Member(  # type: ignore[assignment]  # as in DRF's views; the log names its id
        id=claims.user_id,
        session_id=claims.session_id,
        tier=tier.decode(),
        data_version=data_version,
        is_staff=bool(is_staff),
    )
    rule = category.rule_for(tier.decode())
    response = _response(view, request, etag.decode(), data)
    verdict = limits.Verdict(True, rule.limit, int(remaining), int(wait) / limits.MICROSECONDS)
    for header, value in verdict.headers().items():
        response[header] = value
    return response


def _keep(member: Member, name: str, etag: str, data: bytes, ends_at: datetime) -> None:
    if ends_at.timestamp() <= time.time():
        return
    sealed = crypto.seal_bytes(zlib.compress(data, 1), context=_context(member.id, name))
    try:
        valkey.run(
            _KEEP,
            keys=[members.record_key(member.id), members.answers_key(member.id)],
            args=[
                f"{member.data_version}:{member.tier}",
                name,
                int(ends_at.timestamp()),
                etag.encode() + b"\n" + sealed,
                LIFETIME_MS,
            ],
        )
    except RedisError:
        return


def _response(view: type[HotReadView], request: HttpRequest, etag: str, data: bytes) -> HttpResponse:
    known = [tag.removeprefix("W/") for tag in parse_etags(request.META.get("HTTP_IF_NONE_MATCH", ""))]
    if etag.removeprefix("W/") in known or "*" in known:
        response = HttpResponse(status=304)
        del response["Content-Type"]
    else:
        response = HttpResponse(wrap_data(data, request), content_type=JSON)
    response["ETag"] = etag
    response["Cache-Control"] = view.cache_control
    return response
