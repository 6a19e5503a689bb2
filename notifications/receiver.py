"""A browser of our own: it subscribes, takes what is pushed to it, and tells whether it was all as it should be.

For development: its endpoint is a port of this machine, which only WEBPUSH_ALLOW_LOOPBACK lets us send to.
"""

from __future__ import annotations

import base64
import json
import os
import queue
import threading
import time
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from django.conf import settings

from notifications.subscriptions import Subscription

# Push services take this much (RFC 8030); nobody else has anything to say here.
_LONGEST_BODY = 4_096


class Untrustworthy(Exception):
    """What arrived is not from this product, or not for this browser; the text says how that shows."""


@dataclass(frozen=True, slots=True)
class Arrival:
    """A push as its service got it; the headers' names in lower case. `seconds` after the browser subscribed."""

    headers: dict[str, str]
    body: bytes
    seconds: float


class Receiver:
    """A browser that has subscribed. Use as a context manager: its port is open until the end of it."""

    def __init__(self) -> None:
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._secret = os.urandom(16)
        self._arrived: queue.Queue[Arrival] = queue.Queue()
        self._path = f"/push/{uuid4()}"

    def __enter__(self) -> Receiver:
        self._since = time.monotonic()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._server.daemon_threads = True
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()

    @property
    def origin(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    @property
    def subscription(self) -> Subscription:
        """What a page would get from `pushManager.subscribe()`."""
        point = self._key.public_key().public_bytes(
            serialization.Encoding.X962, serialization.PublicFormat.UncompressedPoint
        )
        return Subscription(self.origin + self._path, _base64url(point), _base64url(self._secret))

    def wait(self, seconds: float) -> Arrival | None:
        """Return the next push, or None if none came in time."""
        try:
            return self._arrived.get(timeout=seconds)
        except queue.Empty:
            return None

    def read(self, arrival: Arrival) -> dict[str, Any]:
        """Check who signed a push, and return what it says. Raises Untrustworthy."""
        import http_ece
        from py_vapid import Vapid02

        authorization = arrival.headers.get("authorization", "")
        # The key is compared, too: a signature that fits the key beside it proves nothing.
        if not (authorization.endswith(f"k={settings.VAPID_PUBLIC_KEY}") and Vapid02.verify(authorization)):
            raise Untrustworthy("It was not signed with VAPID_PRIVATE_KEY.")
        claims = _claims_of(authorization)
        if claims.get("aud") != self.origin or not 0 < claims.get("exp", 0) - time.time() <= 24 * 3_600:
            raise Untrustworthy("Its signature is for another push service, or has ended.")
        try:
            plain = http_ece.decrypt(arrival.body, private_key=self._key, auth_secret=self._secret, version="aes128gcm")
            said = json.loads(plain)
        except Exception as error:  # the library raises whatever its parts raise
            raise Untrustworthy("It was not encrypted for this browser.") from error
        if not isinstance(said, dict):
            raise Untrustworthy("It holds no message.")
        return said

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                length = int(self.headers.get("Content-Length", 0))
                is_taken = urlsplit(self.path).path == receiver._path and 0 < length <= _LONGEST_BODY
                body = self.rfile.read(length) if is_taken else b""
                self.send_response(201 if is_taken else 404)
                self.send_header("Content-Length", "0")
                if is_taken:
                    self.send_header("Location", f"{receiver.origin}/message/{uuid4()}")
                else:
                    self.send_header("Connection", "close")
                self.end_headers()
                if is_taken:
                    headers = {name.lower(): text for name, text in self.headers.items()}
                    receiver._arrived.put(Arrival(headers, body, time.monotonic() - receiver._since))

            def log_message(self, *_: Any) -> None:
                return

        return Handler


def _claims_of(authorization: str) -> dict[str, Any]:
    """Return what a verified VAPID header claims."""
    part = authorization.partition("t=")[2].split(".")[1]
    claims: dict[str, Any] = json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))
    return claims


def _base64url(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()
