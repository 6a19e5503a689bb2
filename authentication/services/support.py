"""What staff do for a member, each with a line in the audit log that says who did it."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db import transaction

from authentication.callers import Caller
from authentication.models import Act, EndReason, User
from authentication.services import audit, registration, sessions
from numerai.hooks import member_changed


def end_sessions_of(*, user: User, staff_id: UUID, caller: Caller, now: datetime) -> int:
    """Sign a member out everywhere; return how many sessions ended."""
    with transaction.atomic():
        ended = sessions.end_all(user=user, reason=EndReason.BY_STAFF, now=now)
        audit.record(Act.STAFF_ENDED_SESSIONS, actor_id=staff_id, subject_id=user.pk, caller=caller)
    return ended


def set_active(*, user: User, is_active: bool, staff_id: UUID, caller: Caller, now: datetime) -> None:
    """Close an account to its member, who is signed out everywhere, or open it again."""
    with transaction.atomic():
        user.is_active = is_active
        user.save(update_fields=["is_active"])
        if not is_active:
            sessions.end_all(user=user, reason=EndReason.BY_STAFF, now=now)
        act = Act.STAFF_OPENED_ACCOUNT if is_active else Act.STAFF_CLOSED_ACCOUNT
        audit.record(act, actor_id=staff_id, subject_id=user.pk, caller=caller)
        member_changed(user_id=user.pk, fields=frozenset({"is_active"}))


def resend_verification(*, user: User, staff_id: UUID, caller: Caller, now: datetime) -> None:
    """Send an account that is not verified another code. Raises CodeSentRecently."""
    with transaction.atomic():
        registration.resend_code(email=user.email, now=now)
        audit.record(Act.STAFF_RESENT_CODE, actor_id=staff_id, subject_id=user.pk, caller=caller)
