"""ID tokens of Google and Apple: what they must be before we believe them, and what they then say."""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import structlog
from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import validate_email

from authentication.addresses import normalize_email
from authentication.exceptions import InvalidIdentityToken, SocialSignInNotConfigured
from authentication.models import Provider
from authentication.provider_keys import key_set

logger = structlog.get_logger("numerai.identity_tokens")

MAX_TOKEN_LENGTH = 4_000
# The provider's own expiry is an hour or a day; a sign-in takes seconds.
MAX_AGE = timedelta(minutes=10)
LEEWAY = timedelta(seconds=60)
ALGORITHM = "RS256"


@dataclass(frozen=True, slots=True)
class ProviderRule:
    """Who signs, where the keys are, and for which domains of e-mail the provider is the one who gives them out."""

    issuers: tuple[str, ...]
    keys_path: str
    domains: frozenset[str]


RULES = {
    Provider.GOOGLE: ProviderRule(
        issuers=("https://accounts.google.com", "accounts.google.com"),
        keys_path="/oauth2/v3/certs",
        domains=frozenset({"gmail.com"}),
    ),
    Provider.APPLE: ProviderRule(
        issuers=("https://appleid.apple.com",),
        keys_path="/auth/keys",
        domains=frozenset({"icloud.com", "me.com", "mac.com", "privaterelay.appleid.com"}),
    ),
}


@dataclass(frozen=True, slots=True)
class Claims:
    """What a verified token says.

    `email` is empty unless the provider has verified it. `is_authoritative`: the provider gives out that address
    itself, so that who holds the provider's account holds the address today, not only when it was verified.
    """

    provider: Provider
    subject: str
    nonce: str
    email: str
    is_authoritative: bool
    full_name: str


def client_ids(provider: Provider) -> list[str]:
    """Return the ids under which our apps are known to a provider; none means that it is off."""
    return list({Provider.GOOGLE: settings.GOOGLE_CLIENT_IDS, Provider.APPLE: settings.APPLE_CLIENT_IDS}[provider])


def verify(raw: str, *, provider: Provider, nonce: str, now: datetime) -> Claims:
    """Return what a token says, if the provider signed it, for us, just now, for the caller who made up this nonce.

    Talks to the provider when its keys are not at hand: never inside a transaction. That a nonce is used once is for
    the caller to see to. Raises SocialSignInNotConfigured, ProviderUnavailable, InvalidIdentityToken.
    """
    import jwt
    from jwt import exceptions as refusals

    audience = client_ids(provider)
    if not audience:
        raise SocialSignInNotConfigured(retry_after=3600)
    rule = RULES[provider]
    try:
        header = jwt.get_unverified_header(raw)
        key_id = header.get("kid")
        # Before the keys are looked at: nothing else makes us fetch them.
        if header.get("alg") != ALGORITHM or not isinstance(key_id, str):
            raise refusals.InvalidAlgorithmError
        key = key_set(_base_url(provider) + rule.keys_path).find(key_id, now=now)
        if key is None:
            raise refusals.InvalidKeyError
        claims = jwt.decode(
            raw,
            key,
            algorithms=[ALGORITHM],
            audience=audience,
            issuer=rule.issuers,
            leeway=LEEWAY,
            options={"require": ["iss", "aud", "sub", "exp", "iat", "nonce"]},
        )
        _check(claims, nonce=nonce, now=now)
    except refusals.PyJWTError as error:
        logger.info("identity token refused", provider=provider.value, reason=type(error).__name__)
        raise InvalidIdentityToken from None
    email, hosted_domain = _email_of(claims), claims.get("hd")
    return Claims(
        provider=provider,
        subject=claims["sub"],
        nonce=claims["nonce"],
        email=email,
        is_authoritative=bool(email)
        and (email.rpartition("@")[2] in rule.domains or (provider == Provider.GOOGLE and bool(hosted_domain))),
        full_name=_text(claims.get("name")),
    )


def _base_url(provider: Provider) -> str:
    urls = {Provider.GOOGLE: settings.GOOGLE_BASE_URL, Provider.APPLE: settings.APPLE_BASE_URL}
    return str(urls[provider]).rstrip("/")


def _check(claims: dict[str, Any], *, nonce: str, now: datetime) -> None:
    """See to what PyJWT leaves to us. Raises one of its errors.

    A token for several audiences was made for others too, who could bring it here. Apps may send the provider sha256 of
    their nonce (Apple's own samples do), so that whoever sees the token cannot tell what to send here.
    """
    from jwt import exceptions as refusals

    if not isinstance(claims["aud"], str):
        raise refusals.InvalidAudienceError
    if not _text(claims["sub"]):
        raise refusals.InvalidSubjectError
    if datetime.fromtimestamp(int(claims["iat"]), UTC) < now - MAX_AGE - LEEWAY:
        raise refusals.ExpiredSignatureError
    sent, hashed = nonce.encode(), hashlib.sha256(nonce.encode()).hexdigest().encode()
    held = _text(claims["nonce"]).encode()
    if not (hmac.compare_digest(held, sent) or hmac.compare_digest(held, hashed)):
        raise refusals.InvalidTokenError


def _email_of(claims: dict[str, Any]) -> str:
    """Return the address that the provider has verified. Apple writes true as a text, too."""
    email = normalize_email(_text(claims.get("email")))
    if claims.get("email_verified") not in (True, "true"):
        return ""
    try:
        validate_email(email)
    except ValidationError:
        return ""
    return email


def _text(value: Any) -> str:
    return value if isinstance(value, str) and len(value) <= 255 else ""
