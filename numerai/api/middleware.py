"""What our middlewares have in common: each works under WSGI and under ASGI."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable
from typing import Any

from asgiref.sync import iscoroutinefunction, markcoroutinefunction
from django.http import HttpRequest, HttpResponse, HttpResponseBase


class Middleware:
    """Takes requests under WSGI by `__call__`, under ASGI by `_answer_async`, which `__call__` returns there."""

    sync_capable = True
    async_capable = True

    def __init__(self, get_response: Callable[[HttpRequest], Any]) -> None:
        self.get_response = get_response
        self.is_async = iscoroutinefunction(get_response)
        if self.is_async:
            markcoroutinefunction(self)  # type: ignore[type-var]  # whoever inherits can be called


class RefusingMiddleware(Middleware, ABC):
    """Answers with what `refuse` returns, before anything reads a body, or passes the request on if that is None."""

    def __call__(self, request: HttpRequest) -> HttpResponseBase | Awaitable[HttpResponseBase]:
        if self.is_async:
            return self._answer_async(request)
        return self.refuse(request) or self.get_response(request)

    async def _answer_async(self, request: HttpRequest) -> HttpResponseBase:
        return self.refuse(request) or await self.get_response(request)

    @abstractmethod
    def refuse(self, request: HttpRequest) -> HttpResponse | None:
        """Return the answer to a request that goes no further, or None."""
