from __future__ import annotations

from collections.abc import Iterable

from django.http import HttpRequest, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from ops.health import CHECKS, overall, prober


def _answer(names: Iterable[str]) -> JsonResponse:
    results = prober.ask(list(names))
    status = overall(results)
    body = {"status": status, "checks": {name: result.as_json() for name, result in results.items()}}
    return JsonResponse(body, status=503 if status == "unhealthy" else 200)


@never_cache
@require_safe
def live(request: HttpRequest) -> JsonResponse:
    """Say that this process answers. Touches nothing else, so that a slow database never gets it restarted."""
    return JsonResponse({"status": "healthy"})


@never_cache
@require_safe
def ready(request: HttpRequest) -> JsonResponse:
    """Say whether this process should get requests: the database and its migrations; a cache may be missing."""
    return _answer(["database", "migrations", "cache", "broker"])


@never_cache
@require_safe
def health(request: HttpRequest) -> JsonResponse:
    """Say how every part is."""
    return _answer(CHECKS)
