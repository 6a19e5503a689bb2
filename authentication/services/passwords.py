"""Passwords: judged by one rule wherever they are set, checked at equal cost whether or not there is an account."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.contrib.auth.hashers import make_password
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import transaction

from authentication.addresses import normalize_email
from authentication.callers import Caller
from authentication.exceptions import SignInAgain, WrongPassword
from authentication.models import Act, CodePurpose, EndReason, Session, User
from authentication.services import attempts, audit, codes, notices, sessions
from authentication.tokens import TokenPair
from notifications.kinds import Channel, Kind
from numerai.api.exceptions import InvalidInput

FRESH_SIGN_IN = timedelta(minutes=10)


def require_good_password(password: str, *, user: Any = None, field: str = "password") -> None:
    """Raise InvalidInput for a password that is short, long, common, digits only, or like the account's own data."""
    try:
        validate_password(password, user)
    except ValidationError as error:
        raise InvalidInput({field: list(error.messages)}) from None


def is_password_of(user: User | None, password: str) -> bool:
    """Return whether this is the account's password; hashes once for nobody, as for somebody."""
    if user is None:
        make_password(password)
        return False
    return user.check_password(password)


def confirm_password(*, user: User, password: str, now: datetime) -> None:
    """Let a signed-in member prove that it is they. Raises WrongPassword; TooManyAttempts after a few of those."""
    key = attempts.key_of("password", user.pk)
    attempts.take(key, rule=attempts.INSIDE, now=now)
    if not user.check_password(password):
        raise WrongPassword
    attempts.forgive(key)


def confirm_identity(*, user: User, session_id: UUID, password: str, now: datetime) -> None:
    """Let a signed-in member prove that it is they: by the password or, without one, by a fresh sign-in.

    Raises WrongPassword, TooManyAttempts; SignInAgain.
    """
    if user.has_usable_password():
        confirm_password(user=user, password=password, now=now)
    elif not Session.objects.filter(pk=session_id, user=user, created_at__gt=now - FRESH_SIGN_IN).exists():
        raise SignInAgain


def ask_for_reset(*, email: str, now: datetime) -> float:
    """Send a code to an account's address; return in how many seconds another may be asked for.

    Does the same work for an address without an account. Raises CodeSentRecently, for both alike.
    """
    email = normalize_email(email)
    attempts.limit_account(email)
    user = User.objects.filter(email=email).first()
    may_reset = user is not None and user.is_active and user.is_verified
    with transaction.atomic():
        issued = codes.issue(whom=email, purpose=CodePurpose.RESET_PASSWORD, user=user if may_reset else None, now=now)
        notices.queue_code(
            code=issued.code,
            digits=issued.digits,
            minutes=codes.MINUTES,
            user=user,
            channel=Channel.EMAIL,
            address=email,
            is_wanted=may_reset,
        )
    return codes.COOL_DOWN.total_seconds()


def reset_password(*, email: str, digits: str, new_password: str, caller: Caller, now: datetime) -> None:
    """Set a new password with a code; every session ends. Raises InvalidInput, InvalidCode.

    The password is judged before the code is spent: first by what holds for everybody, then, only for who has the
    right code, by the account's own data. A refusal leaves the code unspent.
    """
    email = normalize_email(email)
    attempts.limit_account(email)
    require_good_password(new_password, field="new_password")
    was_tried = codes.take_try(whom=email, purpose=CodePurpose.RESET_PASSWORD, now=now)
    with transaction.atomic():
        row = codes.spend(whom=email, purpose=CodePurpose.RESET_PASSWORD, digits=digits, was_tried=was_tried, now=now)
        user = row.user
        assert user is not None  # noqa: S101 - only codes with a user can be spent
        require_good_password(new_password, user=user, field="new_password")
        _set_password(user=user, password=new_password, now=now)
        audit.record(Act.PASSWORD_RESET, actor_id=user.pk, caller=caller)
        notices.queue_notice(Kind.PASSWORD_CHANGED, user=user, now=now, caller=caller)


def change_password(
    *, user_id: UUID, session_id: UUID, current_password: str, new_password: str, caller: Caller, now: datetime
) -> TokenPair:
    """Change the password; other sessions end, this one gets a fresh pair. Raises WrongPassword, InvalidInput."""
    user = User.objects.get(pk=user_id)
    confirm_password(user=user, password=current_password, now=now)
    require_good_password(new_password, user=user, field="new_password")
    with transaction.atomic():
        _set_password(user=user, password=new_password, now=now, but=session_id)
        pair = sessions.renew_session(user=user, session_id=session_id, now=now)
        audit.record(Act.PASSWORD_CHANGED, actor_id=user.pk, caller=caller)
        notices.queue_notice(Kind.PASSWORD_CHANGED, user=user, now=now, caller=caller)
    return pair


def _set_password(*, user: User, password: str, now: datetime, but: UUID | None = None) -> None:
    user.set_password(password)
    user.save(update_fields=["password"])
    codes.discard(user=user)
    sessions.end_all(user=user, reason=EndReason.PASSWORD_CHANGED, now=now, but=but)
