"""/dev/outbox: what the stand-ins for e-mail and text messages wrote. With DEBUG on only."""

from __future__ import annotations

from csp.constants import SELF
from csp.decorators import csp_update
from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from notifications.letter_pages import shows_letter
from notifications.outbox import list_messages, read_message


def _require_debug() -> None:
    """Raise Http404 unless DEBUG is on: codes and links are here for everybody to read."""
    if not settings.DEBUG:
        raise Http404


@require_safe
@never_cache
@csp_update({"frame-src": [SELF]})
def show_outbox(request: HttpRequest) -> HttpResponse:
    """List the newest messages, text and HTML side by side."""
    _require_debug()
    return render(request, "notifications/outbox.html", {"messages": list_messages()})


@require_safe
@shows_letter
def show_html(request: HttpRequest, name: str) -> HttpResponse:
    """Show the HTML part of one message as a mail app would."""
    _require_debug()
    message = read_message(name)
    if message is None or not message.html:
        raise Http404
    return HttpResponse(message.html)
