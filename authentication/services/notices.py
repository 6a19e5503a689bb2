"""What an account's owner is told by mail. Everything goes through the outbox, in the caller's transaction."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from functools import partial
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db import transaction

from authentication.callers import UNKNOWN_DEVICE, Caller
from authentication.models import AccountDeletion, DataExport, OneTimeCode, User
from notifications import queues
from notifications.kinds import Channel, Kind, SecurityEvent, Told
from notifications.services import queue_delivery, tell_member
from numerai.db import uuid7

LANGUAGE = "en"


def queue_code(
    *, code: OneTimeCode, digits: str, minutes: int, user: User | None, channel: Channel, address: str, is_wanted: bool
) -> None:
    """Queue a code, or do the same work and undo it where there is nobody to send to: both take equally long."""
    with transaction.atomic():
        queue_delivery(
            kind=Kind.ONE_TIME_CODE,
            channel=channel,
            user_id=user.pk if user else None,
            address=address,
            subject=f"{code.pk}:{code.sent_at.timestamp()}",
            due_on=code.sent_at.date(),
            language=user.language if user else LANGUAGE,
            payload={"code": digits, "purpose": code.purpose, "minutes": minutes},
            expires_at=code.expires_at,
        )
        if not is_wanted:
            transaction.set_rollback(True)
    if not is_wanted:
        # A delivery wakes its sender on commit; so does what was none.
        transaction.on_commit(partial(queues.wake, queues.URGENT))


def queue_account_exists(*, code: OneTimeCode, user: User | None, address: str) -> None:
    """Tell the owner of an address that somebody, perhaps they themselves, tried to make an account with it."""
    with transaction.atomic():
        queue_delivery(
            kind=Kind.ACCOUNT_EXISTS,
            channel=Channel.EMAIL,
            user_id=user.pk if user else None,
            address=address,
            subject=f"{code.pk}:{code.sent_at.timestamp()}",
            due_on=code.sent_at.date(),
            language=user.language if user else LANGUAGE,
            payload={},
        )


def queue_welcome(*, user: User, now: datetime) -> None:
    _queue(
        Kind.WELCOME,
        user=user,
        subject=str(user.pk),
        now=now,
        payload={"name": user.full_name} if user.full_name else {},
    )


def queue_notice(kind: Kind, *, user: User, now: datetime, caller: Caller | None, subject: UUID | None = None) -> None:
    """Tell a member that something happened to the account; `subject` is what it happened to, such as a session."""
    _queue(kind, user=user, subject=str(subject or uuid7()), now=now, payload=_circumstances(user, now, caller))


def queue_security_event(event: SecurityEvent, *, user: User, now: datetime, caller: Caller | None) -> None:
    payload = {**_circumstances(user, now, caller), "event": str(event)}
    _queue(Kind.SECURITY_NOTICE, user=user, subject=str(uuid7()), now=now, payload=payload)


def queue_email_changed(*, user: User, told: str, address: str, now: datetime, caller: Caller | None) -> None:
    """Tell one of the two addresses that the account has moved; `user` already has the new one."""
    payload = {**_circumstances(user, now, caller), "told": told, "new_address": user.email}
    _queue(
        Kind.EMAIL_CHANGED,
        user=user,
        subject=str(uuid7()),
        now=now,
        payload=payload,
        address=address,
        # Two mails, one notice.
        is_mail_only=told != Told.OLD_ADDRESS,
    )


def queue_deletion_scheduled(*, user: User, deletion: AccountDeletion) -> None:
    payload = {"erased_on": deletion.erase_at.astimezone(ZoneInfo(user.time_zone)).date().isoformat()}
    _queue(Kind.ACCOUNT_DELETION_SCHEDULED, user=user, subject=str(deletion.pk), now=deletion.asked_at, payload=payload)


def queue_deletion_cancelled(*, user: User, deletion_id: UUID, now: datetime) -> None:
    _queue(Kind.ACCOUNT_DELETION_CANCELLED, user=user, subject=str(deletion_id), now=now, payload={})


def queue_account_erased(*, deletion: AccountDeletion) -> None:
    """Queue the last mail, to the address that the account had. It names nobody."""
    assert deletion.erased_at is not None  # noqa: S101 - the caller has set it
    queue_delivery(
        kind=Kind.ACCOUNT_ERASED,
        channel=Channel.EMAIL,
        user_id=None,
        address=deletion.traces["email"],
        subject=str(deletion.pk),
        due_on=deletion.erased_at.date(),
        language=deletion.traces["language"],
        payload={},
    )


def queue_export_ready(*, export: DataExport, url: str) -> None:
    """Tell a member that the copy of their data is there; after its end the mail is not sent any more."""
    assert export.expires_at is not None  # noqa: S101 - a ready one has it
    said: dict[str, Any] = {
        "kind": Kind.EXPORT_READY,
        "user_id": export.user_id,
        "subject": str(export.pk),
        "due_on": export.asked_at.date(),
        "payload": {"url": url, "ends_at": export.expires_at.isoformat(), "time_zone": export.user.time_zone},
        "expires_at": export.expires_at,
    }
    queue_delivery(channel=Channel.EMAIL, address=export.user.email, language=export.user.language, **said)
    tell_member(**said)


def _circumstances(user: User, now: datetime, caller: Caller | None) -> dict[str, Any]:
    known: dict[str, str] = {}
    if caller and caller.device != UNKNOWN_DEVICE:
        known["device"] = caller.device
    if caller and caller.place:
        known["place"] = caller.place
    return {"happened_at": now.isoformat(), "time_zone": user.time_zone, **known}


def _queue(
    kind: Kind,
    *,
    user: User,
    subject: str,
    now: datetime,
    payload: Mapping[str, Any],
    address: str = "",
    is_mail_only: bool = False,
) -> None:
    """Queue a mail, and say the same in the inbox and on the devices."""
    queue_delivery(
        kind=kind,
        channel=Channel.EMAIL,
        user_id=user.pk,
        address=address or user.email,
        subject=subject,
        due_on=now.date(),
        language=user.language,
        payload=payload,
    )
    if not is_mail_only:
        tell_member(kind=kind, user_id=user.pk, subject=subject, due_on=now.date(), payload=payload)
