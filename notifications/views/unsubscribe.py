"""The page behind the link in our mails, and the one click of mail apps (RFC 8058)."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from notifications.links import read_unsubscribe_token
from notifications.services import unsubscribe


# The token is the proof: mail apps post from nowhere, without cookies.
@csrf_exempt
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def show_unsubscribe(request: HttpRequest, token: str) -> HttpResponse:
    """Ask on GET, which mail scanners do by themselves; stop the mail on POST."""
    found = read_unsubscribe_token(token)
    if found is None:
        raise Http404
    user_id, topic = found
    if request.method == "POST":
        unsubscribe(user_id=user_id, topic=topic)
    return render(
        request,
        "notifications/unsubscribe.html",
        {"topic": topic.value, "is_done": request.method == "POST"},
    )
