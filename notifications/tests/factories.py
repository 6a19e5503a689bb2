"""Deliveries to test with."""

from __future__ import annotations

import base64
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from django.utils import timezone

from notifications.kinds import Channel, Kind
from notifications.models import Delivery, Device, InboxItem, Platform
from notifications.services import queue_delivery, register_device, tell_member

MEMBER = UUID("01890000-0000-7000-8000-000000000001")
ADDRESS = "ada@example.org"
PHONE = "+442079460958"
CODE = "482913"


def base64url(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def point_of(key: ec.EllipticCurvePrivateKey) -> str:
    """Return the public half of a key as browsers and push services write it."""
    point = key.public_key().public_bytes(serialization.Encoding.X962, serialization.PublicFormat.UncompressedPoint)
    return base64url(point)


def vapid_pair() -> dict[str, str]:
    """Return the two settings of a new VAPID key."""
    key = ec.generate_private_key(ec.SECP256R1())
    private = base64url(key.private_numbers().private_value.to_bytes(32, "big"))
    return {"VAPID_PUBLIC_KEY": point_of(key), "VAPID_PRIVATE_KEY": private}


TOKEN = "cR7d-x:APA91bE_" + "a1B2c3D4" * 16
PAYLOADS: dict[Kind, dict[str, Any]] = {
    Kind.ONE_TIME_CODE: {"code": CODE, "purpose": "verify_email", "minutes": 10},
    Kind.ACCOUNT_EXISTS: {},
    Kind.SECURITY_NOTICE: {"event": "second_factor_enabled", "happened_at": "2026-11-21T03:20:00+00:00"},
    Kind.EMAIL_CHANGED: {
        "told": "old_address",
        "new_address": "countess@example.com",
        "happened_at": "2026-11-21T03:20:00+00:00",
    },
    Kind.PASSWORD_CHANGED: {"happened_at": "2026-11-21T03:20:00+00:00", "time_zone": "Asia/Kathmandu"},
    Kind.NEW_SIGN_IN: {
        "happened_at": "2026-11-21T03:20:00+00:00",
        "device": "Firefox on Linux",
        "place": "Porto, Portugal",
        "time_zone": "Europe/Lisbon",
    },
    Kind.SESSION_FAMILY_ENDED: {"happened_at": "2026-11-21T03:20:00+00:00", "device": "NumerAI on Android"},
    Kind.ACCOUNT_DELETION_SCHEDULED: {"erased_on": "2026-12-21"},
    Kind.ACCOUNT_DELETION_CANCELLED: {},
    Kind.ACCOUNT_ERASED: {},
    Kind.WELCOME: {"name": "Ada"},
    Kind.DAILY_READING: {
        "title": "A 4 day",
        "body": "The drawer that sticks can be mended today. Do the dull thing first.",
        "headline": "The drawer that sticks can be mended today",
        "to_try": "Do the dull thing first; it will take twenty minutes.",
        "to_watch": "A list can grow faster than the work.",
        "personal_day": 4,
        "month_adds": 7,
        "date_adds": 24,
        "day_chain": "31 → 4",
        "lucky_number": 4,
        "lucky_colour": "grey",
        "lucky_weekday": "Sunday",
        "reading_on": "2026-11-24",
    },
    Kind.CYCLE_CHANGE: {"turns_on": "2027-01-01", "in_days": 7, "year": "5", "year_root": 5},
    Kind.BROADCAST: {
        "title": "Your calendar can be printed",
        "line": "A month on one sheet, with every number beside its day.",
        "body_markdown": "A month now fits on one sheet, with every number beside its day.\n\nHang it by the door.",
    },
    Kind.BROADCAST_TEST: {
        "title": "Your calendar can be printed",
        "line": "A month on one sheet, with every number beside its day.",
    },
    Kind.EXPORT_READY: {
        "url": "https://numerai.test/exports/signed-link-that-is-rather-long/" + "a1B2c3D4" * 12,
        "ends_at": "2026-11-28T03:20:00+00:00",
    },
}


def queue(
    kind: Kind = Kind.ONE_TIME_CODE, *, channel: Channel = Channel.EMAIL, subject: str = "1", **more: Any
) -> bool:
    """Queue a delivery with everything it needs; `more` replaces what is given."""
    expires_at: datetime | None = timezone.now() + timedelta(minutes=10)
    arguments: dict[str, Any] = {
        "user_id": MEMBER,
        "address": PHONE if channel == Channel.SMS else ADDRESS,
        "due_on": date(2026, 11, 21),
        "payload": PAYLOADS[kind],
        "expires_at": expires_at,
        **more,
    }
    return queue_delivery(kind=kind, channel=channel, subject=subject, **arguments)


def add_device(
    number: int = 1, *, user_id: UUID = MEMBER, channel: Channel = Channel.FCM, address: str = "", **more: Any
) -> Device:
    """Register a member's device; each number is another token."""
    token = f"{TOKEN}{number}"
    arguments: dict[str, Any] = {"platform": Platform.ANDROID, "identity": token, "address": address or token, **more}
    return register_device(user_id=user_id, channel=channel, **arguments)[0]


def add_inbox_item(kind: Kind = Kind.NEW_SIGN_IN, *, user_id: UUID = MEMBER, subject: str = "1") -> InboxItem:
    """Put something into a member's inbox, and push it."""
    tell_member(kind=kind, user_id=user_id, subject=subject, due_on=date(2026, 11, 21), payload=PAYLOADS[kind])
    return InboxItem.objects.get(user_id=user_id, kind=kind, subject=subject)


def the_delivery() -> Delivery:
    """Return the only delivery there is."""
    return Delivery.objects.get()


def states() -> list[str]:
    """Return the states of all deliveries in the order of their subjects."""
    return list(Delivery.objects.order_by("subject").values_list("state", flat=True))
