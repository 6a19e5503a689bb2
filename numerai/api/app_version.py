"""An app older than MINIMUM_APP_VERSION is told to be updated, before it does harm with rules it does not know.

Our apps name themselves first in `User-Agent: NumerAI/2.3.1 (...)`. Whoever does not is no app of ours and passes.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.core.exceptions import MiddlewareNotUsed
from django.http import HttpRequest, HttpResponse

from numerai.api.errors import app_error_response, is_api
from numerai.api.exceptions import UpgradeRequired
from numerai.api.middleware import RefusingMiddleware

Version = tuple[int, ...]
_VERSION = r"(\d{1,6})\.(\d{1,6})(?:\.(\d{1,6}))?"
_SETTING = re.compile(_VERSION)
_USER_AGENT = re.compile(rf"NumerAI/{_VERSION}(?![\d.])")


def parse_version(text: str) -> Version | None:
    """Return (2, 3, 1) for "2.3.1" and (2, 3, 0) for "2.3"; None for anything else."""
    return _numbers(_SETTING.fullmatch(text))


def _numbers(match: re.Match[str] | None) -> Version | None:
    return tuple(int(part or 0) for part in match.groups()) if match else None


class MinimumAppVersionMiddleware(RefusingMiddleware):
    def __init__(self, get_response: Callable[[HttpRequest], Any]) -> None:
        minimum = parse_version(settings.MINIMUM_APP_VERSION)
        if minimum is None:
            raise MiddlewareNotUsed
        self.minimum = minimum
        super().__init__(get_response)

    def refuse(self, request: HttpRequest) -> HttpResponse | None:
        if not is_api(request.path_info):
            return None
        version = _numbers(_USER_AGENT.match(request.META.get("HTTP_USER_AGENT", "")))
        if version is None or version >= self.minimum:
            return None
        return app_error_response(UpgradeRequired(), request)
