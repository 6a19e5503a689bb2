"""A Firebase, and a push service of browsers, as ASGI: for benchmarks/push.py and script/chaos-readings.

It accepts everything after a tenth of a second. With FAKE_FCM_LOG it writes down each request before it answers, and
then some names have a fate: told by the name alone, so that who counts knows it too.
"""

import asyncio
import json
import os
import time
import zlib
from itertools import count
from pathlib import Path
from typing import Any

LATENCY = float(os.environ.get("FAKE_FCM_LATENCY", "0.1"))
STALL = float(os.environ.get("FAKE_FCM_STALL", "30"))
LOG = os.environ.get("FAKE_FCM_LOG", "")
GONE, STALLED, TEMPORARY, ACCEPTED = "gone", "stalled", "temporary", "accepted"
# Of a thousand names: 10 are gone for good; of the others 10 get no answer to their first request, and 50 an error.
_FATES = ((10, GONE), (20, STALLED), (70, TEMPORARY))

_numbers = count(1)
_tried: dict[str, int] = {}
_log = Path(LOG).open("a", buffering=1) if LOG else None  # noqa: SIM115 - for as long as the server runs


def fate_of(name: str) -> str:
    """Return what becomes of the first request for a token or subscription."""
    number = zlib.crc32(name.encode()) % 1000
    return next((fate for below, fate in _FATES if number < below), ACCEPTED)


def _meet(name: str, tag: str) -> str:
    if _log is None:
        return ACCEPTED
    fate = fate_of(name)
    _tried[name] = _tried.get(name, 0) + 1
    if fate != GONE and _tried[name] > 1:
        fate = ACCEPTED
    _log.write(f"{time.time():.6f}\t{fate}\t{name}\t{tag}\n")
    return fate


def _error(status: int, code: str) -> tuple[int, dict[str, Any]]:
    details = [{"@type": "type.googleapis.com/google.firebase.fcm.v1.FcmError", "errorCode": code}]
    return status, {"error": {"code": status, "message": "Told to fail.", "status": code, "details": details}}


_FCM = {
    GONE: (_error(404, "UNREGISTERED"),),
    TEMPORARY: (_error(503, "UNAVAILABLE"), _error(500, "INTERNAL"), _error(429, "QUOTA_EXCEEDED")),
    STALLED: (_error(504, "UNAVAILABLE"),),
}
_BROWSERS = {GONE: ((410, {}),), TEMPORARY: ((503, {}), (429, {})), STALLED: ((504, {}),)}


async def app(scope: dict[str, Any], receive: Any, send: Any) -> None:
    """Answer a request for a token at once, and one to send after the latency."""
    body, more = b"", True
    while more:
        event = await receive()
        body, more = body + event.get("body", b""), event.get("more_body")
    path = scope["path"]
    if path == "/token":
        await _answer(send, 200, {"access_token": "token", "expires_in": 3600, "token_type": "Bearer"})
        return
    is_browser = path.startswith("/push/")
    if is_browser:
        name, tag = path.removeprefix("/push/"), dict(scope["headers"])[b"topic"].decode()
    else:
        message = json.loads(body)["message"] if LOG else {"token": "", "android": {"collapse_key": ""}}
        name, tag = message["token"], message["android"]["collapse_key"]
    fate = _meet(name, tag)
    await asyncio.sleep(STALL if fate == STALLED else LATENCY)
    if fate == ACCEPTED:
        accepted = {} if is_browser else {"name": f"projects/benchmark/messages/0:{next(_numbers)}"}
        await _answer(send, 201 if is_browser else 200, accepted)
        return
    answers = (_BROWSERS if is_browser else _FCM)[fate]
    await _answer(send, *answers[zlib.crc32(name.encode()) % len(answers)])


async def _answer(send: Any, status: int, content: dict[str, Any]) -> None:
    body = json.dumps(content).encode()
    headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
