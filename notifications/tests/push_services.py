"""Push services that run here: Firebase with Google's token server, and one that browsers subscribe with."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import http_ece
from cryptography.hazmat.primitives.asymmetric import ec

from notifications.subscriptions import Subscription
from notifications.tests.factories import base64url, point_of
from notifications.tests.google import PROJECT

Answer = tuple[int, dict[str, str], Any]


@dataclass
class Request:
    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def message(self) -> dict[str, Any]:
        """The message of a request to Firebase."""
        return json.loads(self.body)["message"]


@dataclass
class PushService:
    """An HTTP server that keeps what it is sent. `answer` is told each request, and says what comes back."""

    answer: Callable[[Request], Answer]
    requests: list[Request] = field(default_factory=list)
    url: str = ""

    def __enter__(self) -> PushService:
        service = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                request = Request(self.path, {name.lower(): text for name, text in self.headers.items()}, body)
                service.requests.append(request)
                status, headers, content = service.answer(request)
                raw = content if isinstance(content, bytes) else json.dumps(content).encode()
                self.send_response(status)
                for name, value in {"Content-Type": "application/json", **headers}.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(raw)))
                self.end_headers()
                self.wfile.write(raw)

            def log_message(self, *_: Any) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()


def fcm_error(status: int, code: str, *, message: str = "", **headers: str) -> Answer:
    """Return an error as Firebase writes it; a code of "" leaves its own part out."""
    details = [{"@type": "type.googleapis.com/google.firebase.fcm.v1.FcmError", "errorCode": code}] if code else []
    error = {"code": status, "message": message or "Told to fail.", "status": "SOME_STATUS", "details": details}
    return status, {name.replace("_", "-"): value for name, value in headers.items()}, {"error": error}


@dataclass
class Firebase:
    """Both of Google's servers. `answers` holds what single tokens get instead of being accepted."""

    answers: dict[str, Answer] = field(default_factory=dict)
    tokens_given: int = 0
    token_answer: Answer | None = None
    refused: set[str] = field(default_factory=set)

    def __call__(self, request: Request) -> Answer:
        if request.path == "/token":
            if self.token_answer:
                return self.token_answer
            self.tokens_given += 1
            return 200, {}, {"access_token": f"token-{self.tokens_given}", "expires_in": 3600, "token_type": "Bearer"}
        if request.headers["authorization"].removeprefix("Bearer ") in self.refused:
            return fcm_error(401, "")
        found = self.answers.get(request.message["token"])
        return found or (200, {}, {"name": f"projects/{PROJECT}/messages/0:{len(request.body)}"})


class Browser:
    """A browser that has subscribed: it alone can read what is pushed to it."""

    def __init__(self, url: str, name: str = "browser") -> None:
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._secret = b"sixteen bytes ok"
        self.subscription = Subscription(f"{url}/push/{name}", point_of(self._key), base64url(self._secret))

    def read(self, body: bytes) -> dict[str, Any]:
        plain = http_ece.decrypt(body, private_key=self._key, auth_secret=self._secret, version="aes128gcm")
        return json.loads(plain)
