"""Gives every request an id, returns it, and writes the one log line of the request."""

from __future__ import annotations

import logging
import re
import time
import uuid
from collections.abc import Awaitable
from typing import Any

import structlog
from django.http import HttpRequest, HttpResponseBase
from django.utils.functional import SimpleLazyObject

from numerai.api.middleware import Middleware
from numerai.api.request_counts import count_request

logger = structlog.get_logger("numerai.request")

_PROBES = ("health", "metrics")
HEADER = "X-Request-ID"
_SANE = re.compile(r"[A-Za-z0-9._-]{1,64}", re.ASCII)


def choose_request_id(sent: str | None) -> str:
    """Return the id the caller sent if it is safe to log and to send on, otherwise a new one."""
    return sent if sent and _SANE.fullmatch(sent) else uuid.uuid4().hex


class RequestIdMiddleware(Middleware):
    """The outermost middleware: binds `request_id` to every log line, and logs and counts each request once.

    The line names the route, not the path, and holds no query string, address or body: those may tell who someone is.
    """

    def __call__(self, request: HttpRequest) -> HttpResponseBase | Awaitable[HttpResponseBase]:
        if self.is_async:
            return self._answer_async(request)
        request_id, started = self._begin(request)
        with structlog.contextvars.bound_contextvars(request_id=request_id):
            return self._finish(request, self.get_response(request), started)

    async def _answer_async(self, request: HttpRequest) -> HttpResponseBase:
        request_id, started = self._begin(request)
        with structlog.contextvars.bound_contextvars(request_id=request_id):
            return self._finish(request, await self.get_response(request), started)

    def _begin(self, request: HttpRequest) -> tuple[str, float]:
        request_id = choose_request_id(request.headers.get(HEADER))
        request.request_id = request_id  # type: ignore[attr-defined]
        return request_id, time.perf_counter()

    def _finish(self, request: HttpRequest, response: HttpResponseBase, started: float) -> HttpResponseBase:
        response[HEADER] = request.request_id  # type: ignore[attr-defined]
        seconds = time.perf_counter() - started
        count_request(request, status=response.status_code, seconds=seconds)
        match = request.resolver_match
        line: dict[str, Any] = {
            "method": request.method,
            "route": match.route if match else "",
            "status": response.status_code,
            "milliseconds": round(seconds * 1000, 1),
        }
        user_id = _known_user_id(request)
        if user_id:
            line["user_id"] = user_id
        # Probes ask every few seconds; only what they find wrong is worth a line.
        is_probe = line["route"].startswith(_PROBES) and response.status_code < 400
        logger.log(logging.DEBUG if is_probe else logging.INFO, "request", **line)
        return response


def _known_user_id(request: HttpRequest) -> str:
    """Return the id of a user who has been loaded already; a log line is no reason to query for one."""
    user = request.__dict__.get("user")
    if isinstance(user, SimpleLazyObject):
        user = request.__dict__.get("_cached_user")
    return str(user.pk) if user is not None and user.is_authenticated else ""
