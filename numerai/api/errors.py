"""Every failure of the API, health and metrics leaves in the envelope, whoever raised it: DRF, Django or ourselves."""

from __future__ import annotations

from collections.abc import Awaitable
from typing import Any

import structlog
from django.core.exceptions import PermissionDenied, RequestDataTooBig
from django.core.exceptions import ValidationError as DjangoValidationError
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from rest_framework import exceptions as drf
from rest_framework.response import Response

from numerai.api.codes import ERROR_CODES, code_of_status
from numerai.api.envelope import JSON, error_response
from numerai.api.exceptions import AppError, InternalError, InvalidInput, NotFound, PayloadTooLarge
from numerai.api.middleware import Middleware
from numerai.api.validation import fields_of, fields_of_django

logger = structlog.get_logger("numerai.errors")

# Where an error is JSON whatever happens. "health" has addresses below it and is one itself.
_API_PREFIXES = ("/api/", "/health", "/metrics")


def is_api(path: str) -> bool:
    """Return whether errors at this path are told in the envelope."""
    return path.startswith(_API_PREFIXES)


def exception_handler(exc: Exception, context: dict[str, Any]) -> Response:
    """Return the answer for any exception of a DRF view. Unexpected ones are logged and answered as 500."""
    error, headers = _translate(exc)
    if error.status >= 500 and not isinstance(exc, AppError):
        logger.error("unexpected error", exc_info=exc)
    response = Response(error.body(), status=error.status, headers={**error.headers(), **headers})
    # Django would add a line of its own for it, with the path; ours are enough.
    response._has_been_logged = True  # type: ignore[attr-defined]
    return response


def _translate(exc: Exception) -> tuple[AppError, dict[str, str]]:
    if isinstance(exc, AppError):
        return exc, {}
    if isinstance(exc, drf.ValidationError):
        return InvalidInput(fields_of(exc.detail)), {}
    if isinstance(exc, DjangoValidationError):
        return InvalidInput(fields_of_django(exc)), {}
    if isinstance(exc, RequestDataTooBig):
        return PayloadTooLarge(), {}
    if isinstance(exc, Http404):
        return NotFound(), {}
    if isinstance(exc, PermissionDenied):
        return _of_status(403), {}
    if isinstance(exc, drf.APIException):
        scheme = getattr(exc, "auth_header", None)
        headers = {"WWW-Authenticate": scheme} if scheme else {}
        return _of_status(exc.status_code, retry_after=getattr(exc, "wait", None)), headers
    return InternalError(), {}


def _of_status(status: int, *, retry_after: float | None = None) -> AppError:
    error = AppError(retry_after=retry_after)
    error.code = code_of_status(status)
    error.status = ERROR_CODES[error.code][0] if status != 422 else 400
    error.message = ERROR_CODES[error.code][1]
    return error


def app_error_response(error: AppError, request: HttpRequest) -> HttpResponse:
    """Return an AppError in the envelope from code that is not a DRF view."""
    response = error_response(error.body(), status=error.status, request=request)
    for name, value in error.headers().items():
        response[name] = value
    return response


class ApiErrorMiddleware(Middleware):
    """Replaces any error page under /api/ that is not in the envelope, such as Django's own for DEBUG or CSRF."""

    def __call__(self, request: HttpRequest) -> HttpResponseBase | Awaitable[HttpResponseBase]:
        if self.is_async:
            return self._answer_async(request)
        return in_envelope(request, self.get_response(request))

    async def _answer_async(self, request: HttpRequest) -> HttpResponseBase:
        return in_envelope(request, await self.get_response(request))


def in_envelope(request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
    """Return the response, or its error in the envelope if it is an error under /api/ in another shape."""
    if response.status_code < 400 or not is_api(request.path_info):
        return response
    if response.headers.get("Content-Type", "").startswith(JSON):
        return response
    answer = app_error_response(_of_status(response.status_code), request)
    for name in ("Allow", "WWW-Authenticate", "Retry-After"):
        if name in response:
            answer[name] = response[name]
    return answer


def _answer(request: HttpRequest, status: int) -> HttpResponse:
    error = _of_status(status)
    if is_api(request.path_info):
        return app_error_response(error, request)
    return HttpResponse(error.message, status=error.status, content_type="text/plain; charset=utf-8")


def bad_request(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """Answer what Django refuses: an unknown host, a body it will not read, a suspicious request."""
    return _answer(request, 413 if isinstance(exception, RequestDataTooBig) else 400)


def permission_denied(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return _answer(request, 403)


def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return _answer(request, 404)


def server_error(request: HttpRequest) -> HttpResponse:
    return _answer(request, 500)
