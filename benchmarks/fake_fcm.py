"""A Firebase that accepts everything after a tenth of a second, as ASGI: for benchmarks/push.py."""

import asyncio
import json
import os
from itertools import count
from typing import Any

LATENCY = float(os.environ.get("FAKE_FCM_LATENCY", "0.1"))
_numbers = count(1)


async def app(scope: dict[str, Any], receive: Any, send: Any) -> None:
    """Answer a request for a token at once, and one to send after the latency."""
    while (await receive()).get("more_body"):
        pass
    if scope["path"] == "/token":
        answer: dict[str, Any] = {"access_token": "token", "expires_in": 3600, "token_type": "Bearer"}
    else:
        await asyncio.sleep(LATENCY)
        answer = {"name": f"projects/benchmark/messages/0:{next(_numbers)}"}
    body = json.dumps(answer).encode()
    headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": body})
