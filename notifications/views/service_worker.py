"""The service worker of our pages, at a root address: from there it may serve every page of ours."""

from __future__ import annotations

import hashlib
from functools import lru_cache
from pathlib import Path

from csp.constants import SELF
from csp.decorators import csp_replace
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import etag, require_safe

_FILE = Path(__file__).resolve().parents[1] / "static" / "notifications" / "service-worker.js"
# The site's own directives go: a worker loads no script, style or image, and asks nobody but our API.
_POLICY = dict.fromkeys(settings.CONTENT_SECURITY_POLICY["DIRECTIVES"]) | {
    "default-src": ["'none'"],
    "connect-src": [SELF],
}


@lru_cache(maxsize=1)
def _script(changed_at: int) -> tuple[bytes, str]:
    script = _FILE.read_bytes()
    return script, f'"{hashlib.sha256(script).hexdigest()[:32]}"'


def _held() -> tuple[bytes, str]:
    return _script(_FILE.stat().st_mtime_ns)


@require_safe
@csp_replace(_POLICY)
@etag(lambda request: _held()[1])
def show_service_worker(request: HttpRequest) -> HttpResponse:
    """Return the script. Browsers ask for it at every visit, and replace their copy when a byte has changed."""
    return HttpResponse(
        _held()[0],
        content_type="text/javascript; charset=utf-8",
        headers={"Cache-Control": "no-cache", "Service-Worker-Allowed": "/"},
    )
