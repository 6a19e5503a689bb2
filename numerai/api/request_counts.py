"""Counts every request, by the name of its route."""

from __future__ import annotations

from django.http import HttpRequest

from numerai.counters import Counter, Histogram, sums

REQUESTS = Counter("numerai_http_requests_total", "Requests, by route and answer.", ("route", "method", "status"))
SECONDS = Histogram(
    "numerai_http_request_seconds",
    "How long requests took to answer; of a stream, until it began.",
    ("route",),
    (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10),
)
# What no address answers to, files included: whoever asks can invent any number of them, and of methods too.
_NO_ROUTE, _OTHER = "none", "other"
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})


def count_request(request: HttpRequest, *, status: int, seconds: float) -> None:
    """Count a request that was answered."""
    match = request.resolver_match
    route = match.view_name if match else _NO_ROUTE
    method = request.method if request.method in _METHODS else _OTHER
    sums.add({(REQUESTS.name, route, method or _OTHER, str(status)): 1, **SECONDS.fields(seconds, route)})
