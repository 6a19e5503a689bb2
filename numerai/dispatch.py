"""The `all` role: one port for both kinds of request.

Long-lived paths (streams, MCP) go to Django under ASGI, everything else to Django under WSGI in threads, which is
several times faster (docs/decisions/0004-process-roles.md). Production runs the roles apart and routes in the proxy.
"""

from __future__ import annotations

from typing import Any, cast

from a2wsgi import WSGIMiddleware
from a2wsgi.wsgi_typing import WSGIApp

from numerai.asgi import application as asgi_application
from numerai.wsgi import application as wsgi_application

THREADS = 8
# What the stream role serves. The proxy's configuration names the same prefixes.
STREAM_PREFIXES = ("/api/v1/chat/stream", "/mcp")


class Dispatcher:
    """An ASGI application that hands each request to the kind of server its path asks for."""

    def __init__(self, *, stream: Any, plain: Any, prefixes: tuple[str, ...] = STREAM_PREFIXES) -> None:
        self._stream, self._plain, self._prefixes = stream, plain, prefixes

    async def __call__(self, scope: dict[str, Any], receive: Any, send: Any) -> None:
        if scope["type"] == "lifespan":
            await self._lifespan(receive, send)
        elif scope["type"] == "http":
            target = self._stream if scope["path"].startswith(self._prefixes) else self._plain
            await target(scope, receive, send)
        else:
            await send({"type": "websocket.close", "code": 1000})

    async def _lifespan(self, receive: Any, send: Any) -> None:
        while True:
            event = (await receive())["type"]
            await send({"type": f"{event}.complete"})
            if event == "lifespan.shutdown":
                return


application = Dispatcher(
    stream=asgi_application,
    plain=WSGIMiddleware(cast(WSGIApp, wsgi_application), workers=THREADS),
)
