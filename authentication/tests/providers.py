"""Google and Apple as they look from here: a server that publishes keys, and whoever signs tokens with them."""

from __future__ import annotations

import hashlib
import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import lru_cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import count
from typing import Any

import jwt
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from django.utils import timezone
from jwt.algorithms import RSAAlgorithm

from authentication.tests.factories import ACCEPTS, ApiClient

GOOGLE_ID, APPLE_ID = "web.apps.googleusercontent.com", "org.example.numerai"
_nonces = count(1)


def private_key(name: str = "first") -> rsa.RSAPrivateKey:
    """Return one of a few keys; the same each time, since making one takes a while."""
    return _make_key(name)


@lru_cache(maxsize=4)
def _make_key(name: str) -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


def public_jwk(name: str = "first", **changes: Any) -> dict[str, Any]:
    known = RSAAlgorithm.to_jwk(private_key(name).public_key(), as_dict=True)
    return {**known, "kid": name, "alg": "RS256", "use": "sig", **changes}


def public_pem(name: str = "first") -> bytes:
    return (
        private_key(name)
        .public_key()
        .public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    )


def elliptic_key() -> ec.EllipticCurvePrivateKey:
    return ec.generate_private_key(ec.SECP256R1())


class KeyServer:
    """Publishes keys at the addresses of both providers; `answer` replaces what it says, `gate` holds it up."""

    def __init__(self) -> None:
        self.keys = [public_jwk()]
        self.answer: tuple[int, bytes] | None = None
        self.asked: list[str] = []
        self.gate: threading.Event | None = None
        self.url = ""

    def reply(self, path: str) -> tuple[int, bytes]:
        self.asked.append(path)
        if self.gate is not None:
            self.gate.wait(10)
        return self.answer or (200, json.dumps({"keys": self.keys}).encode())


@contextmanager
def serve_keys() -> Iterator[KeyServer]:
    served = KeyServer()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            status, body = served.reply(self.path)
            # Whoever asked may have given up.
            with suppress(ConnectionError):
                self.send_response(status)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

        def log_message(self, *args: Any) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        served.url = f"http://127.0.0.1:{server.server_address[1]}"
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield served
        finally:
            server.shutdown()
            thread.join()


def new_nonce() -> str:
    return f"a nonce of the app {next(_nonces):06d}"


def claims_of(provider: str = "google", **changes: Any) -> dict[str, Any]:
    """Return what a token says; None takes a claim away."""
    now = int(timezone.now().timestamp())
    said = {
        "iss": "https://accounts.google.com" if provider == "google" else "https://appleid.apple.com",
        "aud": GOOGLE_ID if provider == "google" else APPLE_ID,
        "sub": "110248495921238986420",
        "email": "ada@gmail.com" if provider == "google" else "ada@icloud.com",
        "email_verified": True if provider == "google" else "true",
        "iat": now,
        "exp": now + 3600,
        **changes,
    }
    return {name: value for name, value in said.items() if value is not None}


def signed(claims: dict[str, Any], *, key: Any = None, algorithm: str = "RS256", **headers: Any) -> str:
    headers = {"kid": "first", **headers}
    return jwt.encode(claims, key or private_key(), algorithm=algorithm, headers=headers)


def crafted(header: dict[str, Any], claims: Any, sign: Callable[[bytes], bytes]) -> str:
    """Put a token together by hand."""
    message = b".".join(jwt.utils.base64url_encode(json.dumps(part).encode()) for part in (header, claims))
    return b".".join((message, jwt.utils.base64url_encode(sign(message)))).decode()


def token(provider: str = "google", **changes: Any) -> dict[str, str]:
    """Return a good token with its nonce, as an app sends them."""
    nonce = new_nonce()
    return {"id_token": signed(claims_of(provider, **{"nonce": nonce, **changes})), "nonce": nonce}


def outcome(answer: Any) -> tuple[int, str]:
    return answer.status_code, answer.json()["error"]["code"]


def sign_in(client: ApiClient, path: str = "auth/social/google", **changes: Any) -> Any:
    """Sign in by a good token, whose claims are changed."""
    return client.send("post", path, {**token(path.split("/")[2], **changes), "accepts": ACCEPTS})


def hashed(nonce: str) -> str:
    return hashlib.sha256(nonce.encode()).hexdigest()
