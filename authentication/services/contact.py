"""Changing the e-mail address and the phone number: the new one is proven by a code before it counts."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db import IntegrityError, transaction

from authentication.addresses import normalize_email, phone_index
from authentication.callers import Caller
from authentication.exceptions import AddressTaken, InvalidCode, TextMessagesNotConfigured
from authentication.models import Act, CodePurpose, OneTimeCode, User
from authentication.services import audit, codes, notices
from authentication.services.passwords import confirm_identity
from notifications.kinds import Channel, SecurityEvent, Told
from notifications.selectors import can_deliver, is_channel_on
from numerai.api.exceptions import InvalidInput
from numerai.hooks import member_changed


def ask_for_email_change(
    *, user_id: UUID, session_id: UUID, password: str, new_email: str, caller: Caller, now: datetime
) -> float:
    """Send a code to the new address; return in how many seconds another may be asked for.

    An address that has an account gets the mail that says so instead, and the answer is the same.
    Raises WrongPassword, SignInAgain, CodeSentRecently.
    """
    user = User.objects.get(pk=user_id)
    new_email = normalize_email(new_email)
    confirm_identity(user=user, session_id=session_id, password=password, now=now)
    if new_email == user.email:
        raise InvalidInput({"new_email": ["This is your address already."]})
    owner = User.objects.filter(email=new_email, is_verified=True).first()
    with transaction.atomic():
        issued = codes.issue(
            whom=user.pk,
            purpose=CodePurpose.CHANGE_EMAIL,
            user=None if owner else user,
            now=now,
            target=new_email,
        )
        audit.record(Act.EMAIL_CHANGE_ASKED, actor_id=user.pk, caller=caller)
        if owner:
            notices.queue_account_exists(code=issued.code, user=owner, address=new_email)
        else:
            _queue(issued, user=user, channel=Channel.EMAIL, address=new_email)
    return codes.COOL_DOWN.total_seconds()


def change_email(*, user_id: UUID, digits: str, caller: Caller, now: datetime) -> User:
    """Move the account to the address that the code was sent to, and tell both. Raises InvalidCode, AddressTaken."""
    was_tried = codes.take_try(whom=user_id, purpose=CodePurpose.CHANGE_EMAIL, now=now)
    try:
        with transaction.atomic():
            row = codes.spend(
                whom=user_id, purpose=CodePurpose.CHANGE_EMAIL, digits=digits, was_tried=was_tried, now=now
            )
            user, new_email = _member_and_target(row)
            old_email = user.email
            # Registered by somebody, proven and used by nobody: whoever has the code has the address.
            User.objects.filter(email=new_email, is_verified=False, is_staff=False, last_login=None).delete()
            user.email = new_email
            user.save(update_fields=["email"])
            _clear_target(row)
            audit.record(Act.EMAIL_CHANGED, actor_id=user.pk, caller=caller)
            follow_new_address(user=user, old_email=old_email, caller=caller, now=now)
            member_changed(user_id=user.pk, fields=frozenset({"email"}))
    except IntegrityError:
        raise AddressTaken from None
    return user


def follow_new_address(*, user: User, old_email: str, caller: Caller | None, now: datetime) -> None:
    """What an address that has changed brings with it, whoever changed it: codes sent to the old one open the account
    no more, and both addresses are told. In the caller's transaction."""
    codes.discard(user=user)
    for told, address in ((Told.OLD_ADDRESS, old_email), (Told.NEW_ADDRESS, user.email)):
        notices.queue_email_changed(user=user, told=told, address=address, now=now, caller=caller)


def ask_for_phone(*, user_id: UUID, phone: str, now: datetime) -> float:
    """Send a code by SMS to a number in E.164. Raises TextMessagesNotConfigured, InvalidInput, CodeSentRecently."""
    if not is_channel_on(channel=Channel.SMS):
        raise TextMessagesNotConfigured(retry_after=3600)
    if not can_deliver(channel=Channel.SMS, address=phone):
        raise InvalidInput({"phone": ["We send no text messages to numbers of this country."]})
    user = User.objects.get(pk=user_id)
    with transaction.atomic():
        issued = codes.issue(whom=user.pk, purpose=CodePurpose.VERIFY_PHONE, user=user, now=now, target=phone)
        _queue(issued, user=user, channel=Channel.SMS, address=phone)
    return codes.COOL_DOWN.total_seconds()


def verify_phone(*, user_id: UUID, digits: str, caller: Caller, now: datetime) -> User:
    """Give the account the number that the code was sent to. Raises InvalidCode, AddressTaken."""
    was_tried = codes.take_try(whom=user_id, purpose=CodePurpose.VERIFY_PHONE, now=now)
    try:
        with transaction.atomic():
            row = codes.spend(
                whom=user_id, purpose=CodePurpose.VERIFY_PHONE, digits=digits, was_tried=was_tried, now=now
            )
            user, phone = _member_and_target(row)
            _set_phone(user, phone=phone, now=now, caller=caller)
            _clear_target(row)
    except IntegrityError:
        raise AddressTaken from None
    return user


def remove_phone(*, user_id: UUID, caller: Caller, now: datetime) -> None:
    """Take the phone number off the account."""
    with transaction.atomic():
        user = User.objects.select_for_update().get(pk=user_id)
        if user.phone is not None:
            _set_phone(user, phone=None, now=now, caller=caller)


def _set_phone(user: User, *, phone: str | None, now: datetime, caller: Caller) -> None:
    user.phone = phone
    user.phone_index = None if phone is None else phone_index(phone)
    user.save(update_fields=["phone", "phone_index"])
    audit.record(Act.PHONE_CHANGED, actor_id=user.pk, caller=caller)
    notices.queue_security_event(SecurityEvent.PHONE_CHANGED, user=user, now=now, caller=caller)
    member_changed(user_id=user.pk, fields=frozenset({"phone"}))


def _member_and_target(row: OneTimeCode) -> tuple[User, str]:
    if row.user is None or row.target is None:
        raise InvalidCode
    return row.user, row.target


def _clear_target(row: OneTimeCode) -> None:
    OneTimeCode.objects.filter(pk=row.pk).update(target=None)


def _queue(issued: codes.IssuedCode, *, user: User, channel: Channel, address: str) -> None:
    notices.queue_code(
        code=issued.code,
        digits=issued.digits,
        minutes=codes.MINUTES,
        user=user,
        channel=channel,
        address=address,
        is_wanted=True,
    )
