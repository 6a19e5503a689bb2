"""Pushes to browsers (RFC 8030): encrypted for the browser (RFC 8291), signed with our VAPID key (RFC 8292)."""

from __future__ import annotations

import ipaddress
import json
import time
from collections.abc import Callable
from functools import lru_cache
from urllib.parse import urlsplit

from django.conf import settings

from notifications.channels.base import DeliveryError, Message
from notifications.channels.email import seconds_of
from notifications.channels.http import HttpClient, NetworkError, origin_of
from notifications.channels.loop import LoopChannel
from notifications.kinds import Priority
from notifications.subscriptions import Subscription, Unacceptable, check_endpoint

_LONGEST_TTL = 24 * 3_600
# A signature is good for a day at most (RFC 8292); ours for half of one, made anew after a quarter.
_SIGNATURE_LIFE = 12 * 3_600
_SIGNATURE_KEPT = 6 * 3_600
_URGENCY = {Priority.URGENT: "high", Priority.READING: "high"}


def is_public(address: str) -> bool:
    """Say whether an IP address is one of the open Internet: not ours, not the cloud's, not this machine's."""
    found = ipaddress.ip_address(address.partition("%")[0])
    inner = getattr(found, "ipv4_mapped", None) or getattr(found, "sixtofour", None)
    return found.is_global and not found.is_multicast and (inner is None or inner.is_global)


def is_public_or_here(address: str) -> bool:
    """Say whether an address is public or this machine's loopback: what development may connect to."""
    return is_public(address) or ipaddress.ip_address(address.partition("%")[0]).is_loopback


class WebPushChannel(LoopChannel):
    def is_configured(self) -> bool:
        return bool(settings.VAPID_PUBLIC_KEY and settings.VAPID_PRIVATE_KEY and settings.VAPID_SUBJECT)

    def _may_connect(self) -> Callable[[str], bool]:
        return is_public_or_here if settings.WEBPUSH_ALLOW_LOOPBACK else is_public

    async def _send(self, http: HttpClient, message: Message, seconds_left: int | None) -> str:
        subscription = Subscription.from_text(message.address)
        try:
            # Once more: the list of services may have become shorter since it was registered.
            endpoint = check_endpoint(subscription.endpoint)
        except Unacceptable:
            raise DeliveryError("endpoint_not_allowed", permanent=True) from None
        headers = {
            "TTL": str(min(_LONGEST_TTL, _LONGEST_TTL if seconds_left is None else seconds_left)),
            "Topic": message.collapse_key,
            "Urgency": _URGENCY.get(message.priority, "normal"),
            "Content-Encoding": "aes128gcm",
            "Content-Type": "application/octet-stream",
            "Authorization": authorization(endpoint),
        }
        origin, path = origin_of(endpoint)
        try:
            answer = await http.post(
                origin, path, headers=headers, body=encrypt(message, subscription), seconds=settings.PUSH_TIMEOUT
            )
        except NetworkError as error:
            raise DeliveryError(error.code) from None
        if answer.status in (200, 201, 202):
            return answer.headers.get("location", "").rpartition("/")[2]
        raise error_of(answer.status, seconds_of(answer.headers.get("retry-after")))


def encrypt(message: Message, subscription: Subscription) -> bytes:
    """Return the message as only this browser can read it."""
    from pywebpush import WebPusher

    content = {
        "title": message.letter.subject,
        "body": message.letter.text,
        "lang": message.letter.language,
        "kind": message.kind,
        "on": message.due_on.isoformat(),
        "tag": message.collapse_key,
    }
    if message.letter.url:
        content["url"] = message.letter.url
    pusher = WebPusher(
        {"endpoint": subscription.endpoint, "keys": {"p256dh": subscription.p256dh, "auth": subscription.auth}}
    )
    encoded = pusher.encode(json.dumps(content, ensure_ascii=False, separators=(",", ":")).encode(), "aes128gcm")
    return bytes(encoded["body"])


def authorization(endpoint: str) -> str:
    """Return the Authorization header that tells a push service who we are; one signature serves for hours."""
    parts = urlsplit(endpoint)
    return _signed(
        f"{parts.scheme}://{parts.netloc}",
        settings.VAPID_PRIVATE_KEY,
        settings.VAPID_SUBJECT,
        int(time.time()) // _SIGNATURE_KEPT,
    )


@lru_cache(maxsize=256)
def _signed(audience: str, private_key: str, subject: str, period: int) -> str:
    from py_vapid import Vapid02

    claims = {"aud": audience, "sub": subject, "exp": period * _SIGNATURE_KEPT + _SIGNATURE_LIFE}
    headers: dict[str, str] = Vapid02.from_raw(private_key.encode()).sign(claims)
    return headers["Authorization"]


def error_of(status: int, retry_after: float | None) -> DeliveryError:
    """Return what a push service's refusal means."""
    if status in (404, 410):
        return DeliveryError("subscription_gone", retire=True)
    if status == 413:
        return DeliveryError("message_too_large", permanent=True)
    if status in (401, 403):
        # Our key, or a subscription made with another one. Not the device's end: the key may come back.
        return DeliveryError("vapid_refused", permanent=True)
    if status == 429 or status >= 500:
        return DeliveryError(f"http_{status}", retry_after=retry_after)
    return DeliveryError(f"http_{status}", permanent=True)
