"""The errors that services raise. One small subclass a failure, with a stable code."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from numerai.api.codes import ERROR_CODES


class AppError(Exception):
    """A failure that the caller is told about. `code` is stable; `message` may be reworded and holds no personal data.

    A subclass sets `code`, `status` and `message`; an instance may replace the message and add `details`, or
    `retry_after` (seconds), which also becomes the Retry-After header.
    """

    code = "BAD_REQUEST"
    status = 400
    message = ERROR_CODES["BAD_REQUEST"][1]

    def __init__(
        self, message: str = "", *, details: Mapping[str, Any] | None = None, retry_after: float | None = None
    ) -> None:
        super().__init__(self.code)
        self.message = message or self.message
        self.details = dict(details or {})
        self.retry_after = retry_after

    def body(self) -> dict[str, Any]:
        """Return the `error` object of the envelope."""
        error: dict[str, Any] = {"code": self.code, "message": self.message}
        if self.details:
            error["details"] = self.details
        return error

    def headers(self) -> dict[str, str]:
        """Return the headers that belong to the error."""
        return {} if self.retry_after is None else {"Retry-After": str(max(1, math.ceil(self.retry_after)))}


class MalformedJson(AppError):
    code = "MALFORMED_JSON"
    message = ERROR_CODES[code][1]


class InvalidInput(AppError):
    """`fields` names each field at fault (dotted for nested ones) with what would be accepted, never what was sent."""

    code = "VALIDATION_ERROR"
    message = ERROR_CODES[code][1]

    def __init__(self, fields: Mapping[str, list[str]], **details: Any) -> None:
        super().__init__(details={"fields": dict(fields), **details})


class NotFound(AppError):
    code = "NOT_FOUND"
    status = 404
    message = ERROR_CODES[code][1]


class Conflict(AppError):
    code = "CONFLICT"
    status = 409
    message = ERROR_CODES[code][1]


class LengthRequired(AppError):
    code = "LENGTH_REQUIRED"
    status = 411
    message = ERROR_CODES[code][1]


class PayloadTooLarge(AppError):
    code = "PAYLOAD_TOO_LARGE"
    status = 413
    message = ERROR_CODES[code][1]


class UpgradeRequired(AppError):
    code = "UPGRADE_REQUIRED"
    status = 426
    message = ERROR_CODES[code][1]


class UnsupportedMediaType(AppError):
    code = "UNSUPPORTED_MEDIA_TYPE"
    status = 415
    message = ERROR_CODES[code][1]


class RateLimited(AppError):
    code = "RATE_LIMITED"
    status = 429
    message = ERROR_CODES[code][1]


class FairUseReached(RateLimited):
    code = "AI_FAIR_USE_REACHED"
    message = ERROR_CODES[code][1]


class InternalError(AppError):
    code = "INTERNAL_ERROR"
    status = 500
    message = ERROR_CODES[code][1]


class ServiceUnavailable(AppError):
    code = "SERVICE_UNAVAILABLE"
    status = 503
    message = ERROR_CODES[code][1]
