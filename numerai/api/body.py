"""A request body may not be larger than API_MAX_BODY_BYTES."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse

from numerai.api.envelope import wrap_error
from numerai.api.errors import app_error_response, is_api
from numerai.api.exceptions import LengthRequired, PayloadTooLarge
from numerai.api.middleware import RefusingMiddleware
from numerai.api.request_id import HEADER, choose_request_id


class BodySizeLimitMiddleware(RefusingMiddleware):
    """Refuses a body that is too large, or of unknown length, under /api/ before anything reads it.

    Under WSGI nothing past Content-Length is ever read, so the header is the whole truth; under ASGI
    `BodySizeLimit` counts what really arrives.
    """

    def refuse(self, request: HttpRequest) -> HttpResponse | None:
        if not is_api(request.path_info):
            return None
        length = request.META.get("CONTENT_LENGTH") or ""
        if not length:
            # Django reads no body without a length: the request would be taken for an empty one.
            return app_error_response(LengthRequired(), request) if "Transfer-Encoding" in request.headers else None
        if not (length.isascii() and length.isdigit()) or int(length[:20]) > settings.API_MAX_BODY_BYTES:
            return app_error_response(PayloadTooLarge(), request)
        return None


class _TooLarge(Exception):
    """More arrived than is allowed."""


class BodySizeLimit:
    """ASGI wrapper that stops reading a body once it passes `limit`, whatever Content-Length claimed.

    Django's ASGI handler spools the whole body before any middleware runs.
    """

    def __init__(self, app: Callable[..., Awaitable[None]], limit: int) -> None:
        self.app = app
        self.limit = limit

    async def __call__(self, scope: dict[str, Any], receive: Callable[[], Awaitable[Any]], send: Any) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        received = 0

        async def counted() -> Any:
            nonlocal received
            message = await receive()
            received += len(message.get("body", b""))
            if received > self.limit:
                raise _TooLarge
            return message

        try:
            await self.app(scope, counted, send)
        except _TooLarge:
            await self._refuse(scope, send)

    async def _refuse(self, scope: dict[str, Any], send: Callable[[dict[str, Any]], Awaitable[None]]) -> None:
        sent = dict(scope["headers"]).get(HEADER.lower().encode(), b"").decode("latin-1")
        request = HttpRequest()
        request.request_id = choose_request_id(sent)  # type: ignore[attr-defined]
        body = wrap_error(PayloadTooLarge().body(), request)
        headers = [
            (b"content-type", b"application/json"),
            (b"content-length", str(len(body)).encode()),
            (b"connection", b"close"),
            (HEADER.lower().encode(), request.request_id.encode()),  # type: ignore[attr-defined]
        ]
        await send({"type": "http.response.start", "status": PayloadTooLarge.status, "headers": headers})
        await send({"type": "http.response.body", "body": body})
