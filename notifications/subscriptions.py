"""What clients give us to reach them by: FCM tokens and Web Push subscriptions.

A subscription's endpoint is an address that we shall send requests to, chosen by whoever registers: so it must lie with
a push service that the settings name (WEBPUSH_HOSTS), by https, on its usual port, and under a name rather than a
number. What the name stands for is looked at again when we connect (channels/webpush.py).
"""

from __future__ import annotations

import base64
import binascii
import json
import re
from dataclasses import dataclass

from cryptography.hazmat.primitives.asymmetric import ec
from django.conf import settings

# Strict, so that no two parsers can read two hosts in one address.
_ENDPOINT = re.compile(r"https://([a-z0-9-]+(?:\.[a-z0-9-]+)+)(?::443)?/[A-Za-z0-9._~:/?&=%+,;@$*()'-]*", re.IGNORECASE)
_LOOPBACK = re.compile(r"http://(?:127\.0\.0\.1|localhost):\d{1,5}/[A-Za-z0-9._~:/?&=%+,;@$*()'-]*")
_LAST_LABEL_IS_A_NUMBER = re.compile(r"(?:.*\.)?(?:0x[0-9a-f]*|\d+)", re.IGNORECASE)
_FCM_TOKEN = re.compile(r"[A-Za-z0-9_:%.-]{20,1024}", re.ASCII)
ENDPOINT_LENGTH = 1_000
_POINT_LENGTH = 65
_SECRET_LENGTH = 16


class Unacceptable(ValueError):
    """Something a client gave is not usable; the text says what would be, and repeats nothing."""


@dataclass(frozen=True, slots=True)
class Subscription:
    """A browser's subscription. The keys are unpadded base64url, as browsers write them."""

    endpoint: str
    p256dh: str
    auth: str

    def to_text(self) -> str:
        return json.dumps([self.endpoint, self.p256dh, self.auth])

    @classmethod
    def from_text(cls, text: str) -> Subscription:
        return cls(*json.loads(text))


def check_fcm_token(token: str) -> str:
    """Return a registration token. Raises Unacceptable."""
    if not _FCM_TOKEN.fullmatch(token):
        raise Unacceptable("Give the registration token as Firebase's library returns it.")
    return token


def check_endpoint(endpoint: str) -> str:
    """Return the address of a subscription. Raises Unacceptable for anything that is not a known push service's."""
    if len(endpoint) <= ENDPOINT_LENGTH:
        if settings.WEBPUSH_ALLOW_LOOPBACK and _LOOPBACK.fullmatch(endpoint):
            return endpoint
        found = _ENDPOINT.fullmatch(endpoint)
        if found and not _LAST_LABEL_IS_A_NUMBER.fullmatch(found[1]) and _is_known(found[1].lower()):
            return endpoint
    raise Unacceptable("Give the endpoint that the browser's push service returned: https, of a service that we know.")


def _is_known(host: str) -> bool:
    for known in settings.WEBPUSH_HOSTS:
        if known == "*" or host == known.lower() or (known.startswith("*.") and host.endswith(known[1:].lower())):
            return True
    return False


def check_p256dh(key: str) -> str:
    """Return a browser's public key. Raises Unacceptable unless it is a point of the curve P-256."""
    raw = _decode(key, _POINT_LENGTH)
    try:
        ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), raw)
    except ValueError:
        raise Unacceptable("Give the subscription's p256dh key: an uncompressed point of P-256 in base64url.") from None
    return _encode(raw)


def check_auth(secret: str) -> str:
    """Return a browser's authentication secret. Raises Unacceptable unless it has 16 bytes."""
    raw = _decode(secret, _SECRET_LENGTH)
    if len(raw) != _SECRET_LENGTH:
        raise Unacceptable("Give the subscription's auth secret: 16 bytes in base64url.")
    return _encode(raw)


def _decode(text: str, length: int) -> bytes:
    """Return the bytes of base64 or base64url, padded or not; nothing if it is neither or too long."""
    plain = text.rstrip("=").replace("+", "-").replace("/", "_")
    if len(plain) > 2 * length or not re.fullmatch(r"[A-Za-z0-9_-]*", plain, re.ASCII):
        return b""
    try:
        return base64.urlsafe_b64decode(plain + "=" * (-len(plain) % 4))
    except binascii.Error:
        return b""


def _encode(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()
