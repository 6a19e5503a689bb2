"""Erasing an account: everything that any app holds about a member, so that it can be shown that nothing is left.

1. Claim: once the days of grace are over, one transaction takes the way back, closes the account, ends its sessions and
   keeps the addresses for the last mail.
2. The tombstone is placed: from here on a restored backup is erased too.
3. Every app erases what it holds; the account itself goes last, in the transaction that queues the last mail.
4. When that mail is out (or three days later): every app erases once more what a request may have written meanwhile,
   the mail's own row goes, and every table is searched. If anything is found, all of this step is undone and told.
   If not, a report is written and the last row that knew the member is deleted.

Each step may be repeated and interrupted: the row's state says where to go on, and the timetable goes on there.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import structlog
from django.db import transaction
from django.db.models import Q

from authentication import members, remains, tombstones
from authentication.addresses import phone_index
from authentication.models import AccountDeletion, Act, DeletionState, EndReason, ErasureReport, User
from authentication.services import audit, notices, sessions
from notifications.addresses import target_of
from notifications.kinds import Channel, Kind
from notifications.selectors import has_open_delivery
from notifications.services import forget_address, forget_deliveries
from numerai import hooks

log = structlog.get_logger(__name__)

LAST_MAIL = timedelta(days=3)


class SomethingIsLeft(Exception):
    """The search found rows of a member who is erased. Holds tables, columns and counts only."""


def list_due(*, now: datetime) -> Iterable[UUID]:
    """Return the deletions whose days of grace are over, and those that are not finished."""
    due = AccountDeletion.objects.filter(Q(state=DeletionState.SCHEDULED, erase_at__lte=now) | ~Q(state="scheduled"))
    return list(due.order_by("erase_at", "pk").values_list("pk", flat=True))


def erase_account(*, deletion_id: UUID, now: datetime) -> None:
    """Take the erasure of an account as far as it goes now. Safe to run twice, and at once. Raises SomethingIsLeft."""
    if not _claim(deletion_id, now=now):
        return
    _erase(deletion_id, now=now)
    _finish(deletion_id, now=now)


def list_brought_back() -> list[UUID]:
    """Return the members who have a tombstone, and rows: whom a restored backup brought back, whole or in parts."""
    return [user_id for user_id in remains.list_members() if tombstones.is_placed(user_id)]


def erase_again(*, user_id: UUID, now: datetime) -> None:
    """Erase at once, and without a mail, a member whom a restored backup brought back."""
    with transaction.atomic():
        deletion, _ = AccountDeletion.objects.select_for_update().get_or_create(
            user_id=user_id, defaults={"asked_at": now, "erase_at": now}
        )
        deletion.is_told = False
        if deletion.state == DeletionState.SCHEDULED:
            _close(deletion, now=now)
        deletion.save()
    erase_account(deletion_id=deletion.pk, now=now)


def _claim(deletion_id: UUID, *, now: datetime) -> bool:
    """Take the way back if it is time; say whether there is anything to erase."""
    with transaction.atomic():
        deletion = AccountDeletion.objects.select_for_update().filter(pk=deletion_id).first()
        if deletion is None or (deletion.state == DeletionState.SCHEDULED and deletion.erase_at > now):
            return False
        if deletion.state == DeletionState.SCHEDULED:
            _close(deletion, now=now)
            deletion.save()
    return True


def _close(deletion: AccountDeletion, *, now: datetime) -> None:
    """Close the account, if it is there, and keep what the rest of the erasure must know."""
    user = User.objects.filter(pk=deletion.user_id).first()
    traces: dict[str, Any] = {}
    if user is not None:
        traces = {"email": user.email, "phone": user.phone, "language": user.language}
        user.is_active = False
        user.save(update_fields=["is_active"])
        sessions.end_all(user=user, reason=EndReason.CLOSING, now=now)
    deletion.state, deletion.traces = DeletionState.ERASING, traces


def _erase(deletion_id: UUID, *, now: datetime) -> None:
    deletion = AccountDeletion.objects.filter(pk=deletion_id, state=DeletionState.ERASING).first()
    if deletion is None:
        return
    tombstones.place(deletion.user_id)
    *others, own = _erasers()
    for data in others:
        data.erase(deletion.user_id)
    with transaction.atomic():
        deletion = (
            AccountDeletion.objects.select_for_update().filter(pk=deletion_id, state=DeletionState.ERASING).first()
        )
        if deletion is None:
            return
        own.erase(deletion.user_id)
        deletion.state, deletion.erased_at = DeletionState.ERASED, now
        deletion.save(update_fields=["state", "erased_at"])
        audit.record(Act.ACCOUNT_ERASED, actor_id=None, subject_id=deletion.user_id)
        if deletion.is_told and deletion.traces.get("email"):
            notices.queue_account_erased(deletion=deletion)


def _finish(deletion_id: UUID, *, now: datetime) -> None:
    with transaction.atomic():
        deletion = (
            AccountDeletion.objects.select_for_update().filter(pk=deletion_id, state=DeletionState.ERASED).first()
        )
        if deletion is None or deletion.erased_at is None:
            return
        is_mail_out = not has_open_delivery(kind=Kind.ACCOUNT_ERASED, subject=str(deletion.pk))
        if not is_mail_out and deletion.erased_at > now - LAST_MAIL:
            return
        for data in _erasers():
            data.erase(deletion.user_id)
        forget_deliveries(kind=Kind.ACCOUNT_ERASED, subject=str(deletion.pk))
        words = _forget_addresses(deletion.traces)
        deletion.delete()
        found = remains.find(remains.Traces(user_id=deletion.user_id, words=words))
        if found.remains:
            log.error("erasure_left_rows", deletion_id=str(deletion_id), found=found.remains)
            raise SomethingIsLeft(found.remains)
        ErasureReport.objects.create(
            mark=tombstones.mark_of(deletion.user_id),
            asked_at=deletion.asked_at,
            erased_at=deletion.erased_at,
            reported_at=now,
            tables=found.tables,
            columns=found.columns,
        )
        members.forget_on_commit(deletion.user_id)


def _forget_addresses(traces: dict[str, Any]) -> tuple[str, ...]:
    """Forget the addresses, and return what to search for. An address that somebody has by now is theirs."""
    words: list[str] = []
    email, phone = traces.get("email"), traces.get("phone")
    if email and not User.objects.filter(email=email).exists():
        forget_address(channel=Channel.EMAIL, address=email)
        words += [email, target_of(Channel.EMAIL, email)]
    if phone and not User.objects.filter(phone_index=phone_index(phone)).exists():
        forget_address(channel=Channel.SMS, address=phone)
        words += [phone, phone_index(phone), target_of(Channel.SMS, phone)]
    return tuple(words)


def _erasers() -> list[hooks.PersonalData]:
    """Return every app's registration; the account's own comes last, since the others' rows may point to it."""
    return sorted(hooks.list_personal_data(), key=lambda data: data.app == "authentication")
