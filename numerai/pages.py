"""What only pages need of Django's middleware and of django-csp: answers under /api/ go without, and are faster for it.

Who asks under /api/ is told by a token, never by a cookie; nothing there has a session, and JSON has no scripts.
"""

from __future__ import annotations

from typing import Any

from csp.constants import HEADER
from csp.middleware import CSPMiddleware
from csp.utils import build_policy
from django.contrib.auth import middleware as auth
from django.contrib.messages import middleware as messages
from django.contrib.sessions import middleware as sessions
from django.http import HttpRequest, HttpResponseBase

from numerai.api.envelope import JSON

_DATA = "/api/"


class _OfPages:
    """Mixed into a middleware, lets requests under /api/ pass it by."""

    get_response: Any

    def __call__(self, request: HttpRequest) -> Any:
        if request.path_info.startswith(_DATA):
            return self.get_response(request)
        return super().__call__(request)  # type: ignore[misc]  # of the middleware that it is mixed into


class SessionMiddleware(_OfPages, sessions.SessionMiddleware):
    pass


class AuthenticationMiddleware(_OfPages, auth.AuthenticationMiddleware):
    pass


class MessageMiddleware(_OfPages, messages.MessageMiddleware):
    pass


class PolicyMiddleware(CSPMiddleware):
    """django-csp, which writes the policy of JSON once: JSON has neither a nonce nor a policy of its own."""

    def __init__(self, get_response: Any) -> None:
        super().__init__(get_response)
        self.policy_of_json = build_policy()

    def process_response(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        # Under /api/ what has not changed has no type; it is JSON.
        is_unchanged = response.status_code == 304 and request.path_info.startswith(_DATA)
        if is_unchanged or response.headers.get("Content-Type") == JSON:
            response.headers.setdefault(HEADER, self.policy_of_json)
            return response
        return super().process_response(request, response)
