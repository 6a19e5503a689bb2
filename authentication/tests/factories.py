"""Accounts, sessions and mails for the tests of every app."""

from __future__ import annotations

import base64
import secrets
from functools import cache
from itertools import count
from typing import Any

from django.contrib.auth.hashers import make_password
from django.test import Client, TestCase
from django.utils import timezone
from django_otp.oath import TOTP

from authentication.callers import Caller
from authentication.models import ApiKey, Identity, SecondFactor, User
from authentication.scopes import Scope
from authentication.services import sessions
from authentication.services.api_keys import digest_of
from authentication.tokens import TokenPair
from notifications.models import Delivery
from numerai.crypto import blind_index

PASSWORD = "correct horse battery staple"
# What everybody who registers agrees to.
ACCEPTS = {"terms": "2026-01-01", "minimum_age": "2026-01-01"}
_numbers = count(1)


def make_user(**fields: Any) -> User:
    """Return a verified account; its password is PASSWORD."""
    fields.setdefault("email", f"member{next(_numbers)}@example.com")
    if "password" in fields:
        return User.objects.create_user(**fields)
    user = User.objects.create_user(password=None, **fields)
    user.password = _hash_of_password()
    user.save(update_fields=["password"])
    return user


@cache
def _hash_of_password() -> str:
    """Hashed once a process, for it takes a tenth of a second."""
    return make_password(PASSWORD)


def make_staff(**fields: Any) -> User:
    return make_user(is_staff=True, is_superuser=True, **fields)


def sign_in_as(user: User, device: str = "Firefox on Linux") -> TokenPair:
    """Return the tokens of a new session, as after a sign-in."""
    return sessions.begin_session(user=user, caller=Caller(network="n", device=device), now=timezone.now())


def bearer(pair: TokenPair) -> dict[str, str]:
    """Return the header that signs a request in."""
    return {"Authorization": f"Bearer {pair.access_token}"}


def make_second_factor(user: User, secret: bytes = b"12345678901234567890") -> SecondFactor:
    """Return a confirmed second factor."""
    written = base64.b32encode(secret).decode()
    return SecondFactor.objects.create(user=user, secret=written, confirmed_at=timezone.now())


def make_identity(user: User, subject: str = "1" * 21, **fields: Any) -> Identity:
    """Return an account of Google that is connected to an account here."""
    known = blind_index(f"google.{subject}", context="authentication.identity")
    return Identity.objects.create(
        **{"user": user, "provider": "google", "subject": known, "linked_at": timezone.now(), **fields}
    )


def make_api_key(user: User, *scopes: str, **fields: Any) -> str:
    """Return a new API key of an account, with all scopes if none is named."""
    key = f"numerai_{secrets.token_hex(22)[:43]}"
    ApiKey.objects.create(
        **{
            "user": user,
            "name": "shop",
            "prefix": key[:14],
            "digest": digest_of(key),
            "scopes": list(scopes or Scope),
            "created_at": timezone.now(),
            **fields,
        }
    )
    return key


def authenticator_code(factor: SecondFactor, *, steps: int = 0) -> str:
    """Return what the authenticator app shows now, or some steps of 30 seconds later."""
    totp = TOTP(base64.b32decode(factor.secret), drift=steps)
    totp.time = timezone.now().timestamp()
    return f"{totp.token():06d}"


def deliveries_to(address: str) -> list[tuple[str, dict[str, Any]]]:
    """Return (kind, payload) of what is queued for an address, oldest first."""
    rows = Delivery.objects.order_by("id")
    return [(row.kind, row.payload) for row in rows if row.address == address]


def last_code_to(address: str) -> str:
    """Return the newest one-time code queued for an address."""
    return [payload["code"] for kind, payload in deliveries_to(address) if kind == "one_time_code"][-1]


class ApiClient(Client):
    """Django's client, speaking JSON, from an address and a device of its own."""

    def __init__(self, pair: TokenPair | None = None, **defaults: Any) -> None:
        super().__init__(raise_request_exception=False, **defaults)
        self.pair = pair

    def generic(self, method: str, path: str, data: Any = "", *args: Any, **extra: Any) -> Any:
        headers = {**(bearer(self.pair) if self.pair else {}), **(extra.pop("headers", None) or {})}
        return super().generic(method, path, data, *args, headers=headers, **extra)

    def send(self, method: str, path: str, data: Any = None) -> Any:
        """Send JSON and return the answer."""
        body = {} if data is None else {"data": data, "content_type": "application/json"}
        return getattr(self, method)(f"/api/v1/{path}", **body)


class CommittingClient(ApiClient):
    """An ApiClient whose requests do on commit what they would do outside a test's transaction."""

    def generic(self, *args: Any, **extra: Any) -> Any:
        with TestCase.captureOnCommitCallbacks(execute=True):
            return super().generic(*args, **extra)
