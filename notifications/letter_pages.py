"""A letter's HTML as a page: as a mail app would show it, with styles, and nothing that runs or loads."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from csp.constants import SELF
from csp.decorators import csp_replace
from django.conf import settings
from django.http import HttpResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.clickjacking import xframe_options_sameorigin

# The site's own directives go, so that all of them fall back to 'none'.
_POLICY = dict.fromkeys(settings.CONTENT_SECURITY_POLICY["DIRECTIVES"]) | {
    "default-src": ["'none'"],
    "style-src": ["'unsafe-inline'"],
    "base-uri": ["'none'"],
    "form-action": ["'none'"],
    "frame-ancestors": [SELF],
    "sandbox": True,
}


def shows_letter(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """Give the answers of a view the policy of a letter, and let our own pages frame them."""
    with_policy: Any = csp_replace(_POLICY)
    shown: Callable[..., HttpResponse] = never_cache(xframe_options_sameorigin(with_policy(view)))
    return shown
