"""Answers that a client may already have: the data as bytes, an ETag of it, and 304 where nothing has changed."""

from __future__ import annotations

import hashlib

from django.http import HttpRequest, HttpResponse
from django.utils.http import parse_etags
from drf_spectacular.utils import OpenApiParameter
from rest_framework.request import Request

from numerai.api.envelope import JSON, wrap_data

IF_NONE_MATCH = OpenApiParameter(
    "If-None-Match", str, OpenApiParameter.HEADER, description="The ETag of the answer that you have."
)


def etag_of(data: bytes) -> str:
    """Return the ETag of data. A weak one: `meta` differs in every answer around the same data."""
    return f'W/"{hashlib.sha256(data).hexdigest()[:32]}"'


def not_modified_or(data: bytes, request: Request | HttpRequest, *, cache_control: str) -> HttpResponse:
    """Return data (JSON already) in the envelope, or 304 without a body if the caller has it."""
    etag = etag_of(data)
    sent = request.META.get("HTTP_IF_NONE_MATCH")
    known = parse_etags(sent) if sent else ()
    if "*" in known or etag in known or etag.removeprefix("W/") in known:
        answer = HttpResponse(status=304)
    else:
        answer = HttpResponse(wrap_data(data, request), content_type=JSON)
    answer["ETag"], answer["Cache-Control"] = etag, cache_control
    return answer
