"""The one shape of every answer: `success`, `data` or `error`, `meta`, and `pagination` for lists."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import orjson
from django.http import HttpRequest, HttpResponse
from rest_framework.renderers import JSONRenderer
from rest_framework.utils.encoders import JSONEncoder

JSON = "application/json"


@dataclass(frozen=True, slots=True)
class ListData:
    """The data of a list response: its items, and where in the whole list they are."""

    items: Any
    pagination: Mapping[str, Any]


def encode(value: Any) -> bytes:
    """Return compact UTF-8 JSON. Raises ValueError for NaN and infinity, which JSON has no words for."""
    return json.dumps(value, cls=JSONEncoder, ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode()


def encode_plain(value: Any) -> bytes:
    """Return what `encode` does of strings, whole numbers, booleans, None, lists, and dicts with keys that are strings.

    Ten times as fast, and for these only: it raises TypeError for most others, but writes NaN as null.
    """
    return orjson.dumps(value, option=_PLAIN)


_PLAIN = orjson.OPT_PASSTHROUGH_SUBCLASS | orjson.OPT_PASSTHROUGH_DATETIME | orjson.OPT_PASSTHROUGH_DATACLASS


def request_id_of(request: Any) -> str:
    """Return the request's id; empty for a request that never passed the middleware."""
    return getattr(request, "request_id", "")


def _meta(request: Any) -> bytes:
    timestamp = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    return encode_plain({"timestamp": timestamp, "request_id": request_id_of(request)})


def wrap_data(data: bytes, request: Any, pagination: Mapping[str, Any] | None = None) -> bytes:
    """Return the whole answer around data that is JSON already, such as bytes kept in the cache."""
    paging = b"" if pagination is None else b',"pagination":' + encode(pagination)
    return b'{"success":true,"data":' + data + paging + b',"meta":' + _meta(request) + b"}"


def wrap_error(error: Mapping[str, Any], request: Any) -> bytes:
    """Return the whole answer around an error."""
    return b'{"success":false,"error":' + encode(error) + b',"meta":' + _meta(request) + b"}"


def error_response(error: Mapping[str, Any], *, status: int, request: HttpRequest) -> HttpResponse:
    """Return an error in the envelope from code that is not a DRF view."""
    return HttpResponse(wrap_error(error, request), status=status, content_type=JSON)


class EnvelopeRenderer(JSONRenderer):
    """Puts what a DRF view returns into the envelope. Any status from 400 on holds an error already shaped."""

    def render(
        self, data: Any, accepted_media_type: str | None = None, renderer_context: Mapping[str, Any] | None = None
    ) -> bytes:
        context = renderer_context or {}
        response, request = context.get("response"), context.get("request")
        status = response.status_code if response is not None else 200
        if status in (204, 304):
            return b""
        if status >= 400:
            return wrap_error(data, request)
        if isinstance(data, ListData):
            return wrap_data(encode(data.items), request, data.pagination)
        return wrap_data(encode(data), request)
