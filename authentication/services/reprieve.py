"""Calling the erasure of an account off, by signing in."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from authentication.callers import Caller
from authentication.exceptions import InvalidCredentials
from authentication.models import AccountDeletion, Act, DeletionState, User
from authentication.services import audit, notices
from numerai.hooks import member_changed


def call_off(*, user: User, caller: Caller, now: datetime) -> None:
    """Keep the account of a member who signs in, in that transaction. Raises InvalidCredentials if it is being erased.

    The row is locked: either the eraser finds it gone, or the sign-in finds that it came too late.
    """
    with transaction.atomic():
        deletion = AccountDeletion.objects.select_for_update().filter(user_id=user.pk).first()
        if deletion is None:
            return
        if deletion.state != DeletionState.SCHEDULED:
            raise InvalidCredentials
        deletion.delete()
        audit.record(Act.DELETION_CANCELLED, actor_id=user.pk, caller=caller)
        notices.queue_deletion_cancelled(user=user, deletion_id=deletion.pk, now=now)
        member_changed(user_id=user.pk, fields=frozenset({"deletion"}))
