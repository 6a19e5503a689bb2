"""Making an account and proving its address.

No answer tells whether an address has an account: registering does the same work in every case, and the mail tells.

An address that was registered but never proven belongs to nobody yet. If it is registered again with another password,
one of the two people is not its owner, and we cannot know which; so neither password is kept. Whoever proves the
address by its code then sets a password by the code of a reset. Otherwise a stranger could register your address first,
wait until you prove it, and sign in with the password they chose.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from django.contrib.auth.hashers import make_password
from django.db import transaction

from authentication import members
from authentication.addresses import normalize_email
from authentication.callers import Caller
from authentication.exceptions import CodeSentRecently, InvalidCode
from authentication.models import Act, CodePurpose, User
from authentication.services import attempts, audit, codes, consents, notices
from authentication.services.passwords import require_good_password
from notifications.kinds import Channel
from numerai.hooks import member_changed


@dataclass(frozen=True, slots=True)
class Verified:
    """An address was proven. `password_needed`: none was kept, so one must be set by a reset."""

    password_needed: bool


def register(
    *,
    email: str,
    password: str,
    accepts: Mapping[str, str],
    full_name: str,
    language: str,
    time_zone: str,
    caller: Caller,
    now: datetime,
) -> float:
    """Make an unverified account and send its code; return in how many seconds another may be asked for.

    1. One hash: of the new password, or, for an address that waits to be proven, the comparison with its password.
    2. INSERT ... ON CONFLICT DO NOTHING: of two registrations at once one makes the row.
    3. What was accepted is kept with a row that waits to be proven.
    4. A new code and a mail: the code for an address that is to be proven, "you have an account" for one that has.
    """
    email = normalize_email(email)
    attempts.limit_account(email)
    consents.require_accepted(accepts, today=now.date())
    wanted = User(email=email, full_name=full_name, language=language, time_zone=time_zone)
    require_good_password(password, user=wanted)
    known = User.objects.filter(email=email).first()
    if known is not None and not known.is_verified:
        is_same_password = known.check_password(password)
    else:
        wanted.password = make_password(password)
        is_same_password = True
    with transaction.atomic():
        User.objects.bulk_create([wanted], ignore_conflicts=True)
        user = User.objects.get(email=email)
        is_new = user.pk == wanted.pk
        if not is_new and known is None:
            is_same_password = user.check_password(password)  # Two at once: the other one was first.
        if not user.is_verified and not is_same_password:
            _keep_no_password(user)
        consents.record_registration(user_id=user.pk, accepts=accepts, now=now)
        audit.record(Act.REGISTERED, actor_id=None, subject_id=user.pk, caller=caller)
        return _send_code(user=user, email=email, now=now)


def _keep_no_password(user: User) -> None:
    User.objects.filter(pk=user.pk, is_verified=False).update(password=make_password(None), full_name="")


def _send_code(*, user: User, email: str, now: datetime) -> float:
    try:
        with transaction.atomic():
            issued = codes.issue(
                whom=email, purpose=CodePurpose.VERIFY_EMAIL, user=None if user.is_verified else user, now=now
            )
            if user.is_verified:
                notices.queue_account_exists(code=issued.code, user=user, address=email)
            else:
                _queue(issued, user=user, email=email, is_wanted=True)
    except CodeSentRecently as refusal:
        return refusal.retry_after or codes.COOL_DOWN.total_seconds()
    return codes.COOL_DOWN.total_seconds()


def resend_code(*, email: str, now: datetime) -> float:
    """Send another code to an address that is to be proven; return in how many seconds the next may be asked for.

    Does the same work for any other address. Raises CodeSentRecently, for all alike.
    """
    email = normalize_email(email)
    attempts.limit_account(email)
    user = User.objects.filter(email=email).first()
    is_wanted = user is not None and user.is_active and not user.is_verified
    with transaction.atomic():
        issued = codes.issue(whom=email, purpose=CodePurpose.VERIFY_EMAIL, user=user if is_wanted else None, now=now)
        _queue(issued, user=user, email=email, is_wanted=is_wanted)
    return codes.COOL_DOWN.total_seconds()


def _queue(issued: codes.IssuedCode, *, user: User | None, email: str, is_wanted: bool) -> None:
    notices.queue_code(
        code=issued.code,
        digits=issued.digits,
        minutes=codes.MINUTES,
        user=user,
        channel=Channel.EMAIL,
        address=email,
        is_wanted=is_wanted,
    )


def verify_address(*, email: str, digits: str, caller: Caller, now: datetime) -> Verified:
    """Prove an address by its code. Raises InvalidCode."""
    email = normalize_email(email)
    attempts.limit_account(email)
    was_tried = codes.take_try(whom=email, purpose=CodePurpose.VERIFY_EMAIL, now=now)
    with transaction.atomic():
        row = codes.spend(whom=email, purpose=CodePurpose.VERIFY_EMAIL, digits=digits, was_tried=was_tried, now=now)
        user = row.user
        # The address may have changed hands since: an account that is gone, or has moved, is proven by nothing.
        if user is None or not User.objects.filter(pk=user.pk, email=email, is_verified=False).update(is_verified=True):
            raise InvalidCode
        audit.record(Act.ADDRESS_VERIFIED, actor_id=user.pk, caller=caller)
        notices.queue_welcome(user=user, now=now)
        member_changed(user_id=user.pk, fields=frozenset({"is_verified"}))
        members.forget_on_commit(user.pk)
    return Verified(password_needed=not user.has_usable_password())
