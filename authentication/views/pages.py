"""Pages for anybody, without a sign-in."""

from __future__ import annotations

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from authentication.services.deletion import GRACE


@require_safe
def deletion_page(request: HttpRequest) -> HttpResponse:
    """Explain how an account is erased, and what happens then."""
    context = {"days": GRACE.days, "support_address": settings.EMAIL_SUPPORT}
    return render(request, "authentication/deletion.html", context)
