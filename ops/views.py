from __future__ import annotations

from collections.abc import Iterable
from ipaddress import ip_network

from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils import timezone
from django.utils.crypto import constant_time_compare
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4

from numerai.api.client_ip import client_ip
from ops.health import CHECKS, overall, prober
from ops.metrics import render_metrics

_PROXY_HEADERS = ("HTTP_X_FORWARDED_FOR", "HTTP_FORWARDED", "HTTP_VIA")


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
    """Say whether this process should get requests: the database, its migrations, and what is kept in memory."""
    return _answer(["database", "migrations", "warm_up", "cache", "broker"])


@never_cache
@require_safe
def health(request: HttpRequest) -> JsonResponse:
    """Say how every part is."""
    return _answer(CHECKS)


@never_cache
@require_safe
def metrics(request: HttpRequest) -> HttpResponse:
    """Tell Prometheus how everything is; nobody else."""
    if _has_metrics_token(request) or _is_near(request):
        return HttpResponse(render_metrics(now=timezone.now()), content_type=CONTENT_TYPE_PLAIN_0_0_4)
    # In the envelope by the middleware, as any error here.
    if settings.METRICS_TOKEN:
        return HttpResponse(status=401, headers={"WWW-Authenticate": "Bearer"})
    return HttpResponse(status=403)


def _has_metrics_token(request: HttpRequest) -> bool:
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    expected = settings.METRICS_TOKEN
    return bool(expected) and scheme.lower() == "bearer" and constant_time_compare(token, expected)


def _is_near(request: HttpRequest) -> bool:
    """Say whether the request comes straight from one of our networks.

    Behind a proxy the connection is the proxy's, which is near whoever asks; so what it forwards never is.
    """
    if any(header in request.META for header in _PROXY_HEADERS):
        return False
    address = client_ip(request)
    return address is not None and any(address in ip_network(network) for network in settings.METRICS_NETWORKS)
