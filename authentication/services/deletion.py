"""Asking for the end of an account. Thirty days pass before anything is erased; signing in meanwhile calls it off."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction

from authentication.callers import Caller
from authentication.exceptions import StaffAccount
from authentication.models import AccountDeletion, Act, EndReason, User
from authentication.services import audit, notices, sessions
from authentication.services.passwords import confirm_identity
from numerai.api.exceptions import InvalidInput
from numerai.hooks import member_changed

GRACE = timedelta(days=30)


def ask_for_deletion(
    *, user_id: UUID, session_id: UUID, password: str | None, caller: Caller, now: datetime
) -> AccountDeletion:
    """Schedule the erasure of an account and sign it out everywhere. Of two requests at once one does it.

    Takes the password; of an account that has none, a session begun within the last ten minutes.
    Raises InvalidInput, WrongPassword, SignInAgain, StaffAccount.
    """
    user = User.objects.get(pk=user_id)
    if user.is_staff or user.is_superuser:
        raise StaffAccount
    if password is None and user.has_usable_password():
        raise InvalidInput({"password": ["Takes the password of the account."]})
    confirm_identity(user=user, session_id=session_id, password=password or "", now=now)
    return schedule_deletion(user=user, asked_by=user_id, caller=caller, now=now)


def schedule_deletion(*, user: User, asked_by: UUID, caller: Caller, now: datetime) -> AccountDeletion:
    """Schedule the erasure of an account for whoever was found entitled to ask: the member, or staff for them.

    Signing in meanwhile calls it off in either case. Raises StaffAccount.
    """
    if user.is_staff or user.is_superuser:
        raise StaffAccount
    user_id = user.pk
    mine = AccountDeletion(user_id=user_id, asked_at=now, erase_at=now + GRACE)
    with transaction.atomic():
        AccountDeletion.objects.bulk_create([mine], ignore_conflicts=True)
        deletion = AccountDeletion.objects.get(user_id=user_id)
        if deletion.pk == mine.pk:
            sessions.end_all(user=user, reason=EndReason.CLOSING, now=now)
            audit.record(Act.DELETION_ASKED, actor_id=asked_by, subject_id=user_id, caller=caller)
            notices.queue_deletion_scheduled(user=user, deletion=deletion)
            member_changed(user_id=user_id, fields=frozenset({"deletion"}))
    return deletion
