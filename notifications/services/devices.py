"""Devices that take pushes: registered by their owners, retired by their push services."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import connection, transaction
from django.db.models import Q

from notifications.kinds import Channel
from notifications.models import Device, Platform
from numerai.api.exceptions import NotFound
from numerai.crypto import EncryptedTextField, blind_index

# One more retires the one that was not refreshed for longest.
DEVICES_A_MEMBER = 20
KEEP_SILENT = timedelta(days=270)
KEEP_RETIRED = timedelta(days=30)

# old and new are PostgreSQL 18's: the row before and after.
_REGISTER = """
INSERT INTO notifications_device AS known
    (id, user_id, channel, address, platform, app_version, locale, session_id, retired_for)
VALUES (%(id)s, %(user_id)s, %(channel)s, %(address)s, %(platform)s, %(app_version)s, %(locale)s, %(session_id)s, '')
ON CONFLICT (id) DO UPDATE SET
    user_id = excluded.user_id, address = excluded.address, platform = excluded.platform,
    app_version = excluded.app_version, locale = excluded.locale, session_id = excluded.session_id,
    created_at = CASE known.user_id WHEN excluded.user_id THEN known.created_at ELSE excluded.created_at END,
    refreshed_at = excluded.refreshed_at, retired_at = NULL, retired_for = ''
RETURNING old.user_id IS DISTINCT FROM new.user_id OR old.retired_at IS NOT NULL
"""
_TRIM = """
DELETE FROM notifications_device WHERE id IN (
    SELECT id FROM notifications_device WHERE user_id = %(user_id)s AND retired_at IS NULL
    ORDER BY refreshed_at DESC, id OFFSET %(kept)s FOR UPDATE SKIP LOCKED
)
"""
_RETIRE = """
UPDATE notifications_device AS d SET retired_at = statement_timestamp(), retired_for = gone.code, address = NULL
FROM unnest(%(ids)s::uuid[], %(codes)s::text[]) AS gone(id, code)
WHERE d.id = gone.id AND d.retired_at IS NULL AND d.refreshed_at <= %(known_at)s
"""


def device_id(channel: Channel, identity: str) -> UUID:
    """Return the id of the device with this FCM token or Web Push endpoint: a keyed hash in the form of a UUID.

    Nobody without the key can compute it, or find the token from it. Version 8 is the one for ids made one's own way.
    """
    digest = bytes.fromhex(blind_index(identity, context=f"notifications.device.{channel.value}"))
    number = int.from_bytes(digest[:16], "big")
    return UUID(int=number & ~(0xF << 76) & ~(0b11 << 62) | 8 << 76 | 0b10 << 62)


def register_device(
    *,
    user_id: UUID,
    channel: Channel,
    identity: str,
    address: str,
    platform: Platform,
    app_version: str = "",
    locale: str = "",
    session_id: UUID | None = None,
) -> tuple[Device, bool]:
    """Register a device or refresh what is known of it; return it, and whether it is new to this member.

    `identity` is the token or endpoint that makes it the device it is; `address` is all that its channel needs to reach
    it. A device that another member registered moves: whoever holds it now is the one who reads it. What was queued for
    the other member is then not sent to it.

    1. A lock for the member, so that two registrations at once cannot both take the last place.
    2. One INSERT ... ON CONFLICT: of any number at once for one device, one row remains.
    3. Beyond the limit the devices that were refreshed longest ago go. Rows that another member's registration holds
       at this moment are left alone, or the two would wait for each other.
    """
    row_id = device_id(channel, identity)
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [f"notifications.devices.{user_id}"])
        cursor.execute(
            _REGISTER,
            {
                "id": row_id,
                "user_id": user_id,
                "channel": channel.value,
                "address": str(_address_field().seal(row_id, address)),
                "platform": platform.value,
                "app_version": app_version,
                "locale": locale,
                "session_id": session_id,
            },
        )
        is_new = bool(cursor.fetchone()[0])
        cursor.execute(_TRIM, {"user_id": user_id, "kept": DEVICES_A_MEMBER})
    return Device.objects.get(pk=row_id), is_new


def _address_field() -> EncryptedTextField:
    field: Any = Device._meta.get_field("address")
    assert isinstance(field, EncryptedTextField)  # noqa: S101 - tells mypy what the model says
    return field


def remove_device(*, user_id: UUID, device_id: UUID) -> None:
    """Forget a member's device. What is queued for it is not sent. Raises NotFound."""
    if not Device.objects.filter(pk=device_id, user_id=user_id).delete()[0]:
        raise NotFound


def remove_devices_of_sessions(*, user_id: UUID, session_ids: list[UUID]) -> None:
    """Forget the devices that were registered in these sign-ins: who signs out, or is signed out, reads no more."""
    Device.objects.filter(user_id=user_id, session_id__in=session_ids).delete()


def retire_devices(codes: Mapping[UUID, str], *, known_at: datetime) -> int:
    """Stop sending to devices whose push service said that they are gone, and forget their addresses.

    `codes` says why, by id. A device that registered again after `known_at` is alive, whatever was said before.
    """
    with connection.cursor() as cursor:
        cursor.execute(_RETIRE, {"ids": list(codes), "codes": list(codes.values()), "known_at": known_at})
        return int(cursor.rowcount)


def purge_devices(*, now: datetime) -> int:
    """Delete devices that nobody refreshed for 270 days (FCM's tokens end then) or that retired a month ago."""
    silent = Q(refreshed_at__lt=now - KEEP_SILENT) | Q(retired_at__lt=now - KEEP_RETIRED)
    return Device.objects.filter(silent).delete()[0]
