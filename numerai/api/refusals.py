"""What a middleware that turns requests away needs: works under WSGI and ASGI, answers before anything reads a body."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from asgiref.sync import iscoroutinefunction, markcoroutinefunction
from django.http import HttpRequest, HttpResponse, HttpResponseBase


class RefusingMiddleware:
    """Answers with what `refuse` returns, or passes the request on if that is None."""

    sync_capable = True
    async_capable = True

    def __init__(self, get_response: Callable[[HttpRequest], Any]) -> None:
        self.get_response = get_response
        self.is_async = iscoroutinefunction(get_response)
        if self.is_async:
            markcoroutinefunction(self)

    def __call__(self, request: HttpRequest) -> HttpResponseBase | Awaitable[HttpResponseBase]:
        if self.is_async:
            return self._answer_async(request)
        return self.refuse(request) or self.get_response(request)

    async def _answer_async(self, request: HttpRequest) -> HttpResponseBase:
        return self.refuse(request) or await self.get_response(request)

    def refuse(self, request: HttpRequest) -> HttpResponse | None:
        """Return the answer to a request that goes no further, or None."""
        raise NotImplementedError
