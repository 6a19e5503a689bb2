"""JSON Web Tokens: simplejwt signs and verifies them; what they mean, and when they end, is decided here.

An access token is good for an hour and is checked against the member record. A refresh token is good for 30 days and
once: services/sessions.py rotates it.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import time
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.conf import settings

from authentication.exceptions import InvalidToken
from authentication.models import User

if TYPE_CHECKING:
    from rest_framework_simplejwt.tokens import Token

ACCESS_LIFETIME = timedelta(hours=1)
REFRESH_LIFETIME = timedelta(days=30)
# No token of ours is longer; anything that is costs no signature check.
MAX_TOKEN_LENGTH = 2_000


@dataclass(frozen=True, slots=True)
class Claims:
    """What a verified token says."""

    user_id: UUID
    session_id: UUID
    token_version: int
    jti: str


@dataclass(frozen=True, slots=True)
class TokenPair:
    """What signing in gives."""

    access_token: str
    refresh_token: str
    session_id: UUID
    token_type: str = "Bearer"  # noqa: S105 - the name of the scheme
    expires_in: int = int(ACCESS_LIFETIME.total_seconds())


def sign_pair(*, user: User, session_id: UUID, refresh_jti: str) -> TokenPair:
    """Return a fresh pair for a session whose current refresh token has this id.

    `email` and `is_premium` in the access token are hints for clients; the server never reads them.
    """
    from authentication.signing import AccessToken, RefreshToken

    access, refresh = AccessToken(), RefreshToken()
    for token in (access, refresh):
        token["user_id"] = str(user.pk)
        token["session_id"] = session_id.hex
        token["token_version"] = user.token_version
    access["email"] = user.email
    access["is_premium"] = user.is_premium
    refresh["jti"] = refresh_jti
    return TokenPair(access_token=str(access), refresh_token=str(refresh), session_id=session_id)


def read_access(raw: str) -> Claims:
    """Return what a good access token says. Raises InvalidToken."""
    from authentication.signing import AccessToken

    return read_usual_access(raw) or _read(AccessToken, raw)


def read_refresh(raw: str) -> Claims:
    """Return what a good refresh token says: signed by us and not expired, no more. Raises InvalidToken."""
    from authentication.signing import RefreshToken

    return _read(RefreshToken, raw)


def _read(kind: type[Token], raw: str) -> Claims:
    from authentication.signing import TokenError

    if len(raw) > MAX_TOKEN_LENGTH:
        raise InvalidToken
    try:
        payload: dict[str, Any] = kind(raw).payload  # type: ignore[arg-type]  # simplejwt takes the text
        return _claims_in(payload)
    except (TokenError, KeyError, ValueError, TypeError, AttributeError):
        raise InvalidToken from None


def _claims_in(payload: dict[str, Any]) -> Claims:
    return Claims(
        user_id=UUID(payload["user_id"]),
        session_id=UUID(payload["session_id"]),
        token_version=int(payload["token_version"]),
        jti=str(payload["jti"]),
    )


# What an access token of ours begins with, {"alg":"HS256","typ":"JWT"}, and all that it says.
_USUAL_HEADER = "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9."
_USUAL_CLAIMS = {
    "token_type", "exp", "iat", "jti", "user_id", "session_id", "token_version", "email", "is_premium",
}  # fmt: skip


def read_usual_access(raw: str) -> Claims | None:
    """Return what a good access token says if it is written as we write them; None for any other text.

    It takes no token that simplejwt refuses, which decides about all others, and costs an eighth of it: every request
    brings a token, and nearly every one is such.
    """
    if not raw.startswith(_USUAL_HEADER) or len(raw) > MAX_TOKEN_LENGTH:
        return None
    try:
        signed, _, signature = raw.encode("ascii").rpartition(b".")
        digest = hmac.digest(settings.SIMPLE_JWT["SIGNING_KEY"].encode(), signed, "sha256")
        if not hmac.compare_digest(base64.urlsafe_b64encode(digest).rstrip(b"="), signature):
            return None
        payload = json.loads(base64.urlsafe_b64decode(signed[len(_USUAL_HEADER) :] + b"=="))
        is_access = payload.keys() == _USUAL_CLAIMS and payload["token_type"] == "access"  # noqa: S105 - the kind
        if not is_access or not isinstance(payload["jti"], str) or not payload["iat"] <= time.time() < payload["exp"]:
            return None
        return _claims_in(payload)
    except (ValueError, TypeError, AttributeError):
        return None


def digest_of(jti: str) -> str:
    """Return what the database keeps of a refresh token."""
    return hashlib.sha256(jti.encode()).hexdigest()


def next_jti(*, session_id: UUID, jti: str) -> str:
    """Return the id of the refresh token that follows `jti` in its session.

    It follows from the one before, by a key, so that two requests that spend the same token at the same moment get the
    same successor: neither is left holding a token that would later look stolen. Nobody without the key can foresee
    it, and nobody without the key could sign it.
    """
    message = f"{session_id.hex}.{jti}".encode()
    key = hmac.digest(settings.JWT_SECRET_KEY.encode(), b"numerai.refresh-chain", "sha256")
    return hmac.new(key, message, hashlib.sha256).hexdigest()[:32]
