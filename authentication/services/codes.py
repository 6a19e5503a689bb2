"""One-time codes: six digits, ten minutes, three tries, good once, and only the newest.

Asking:   1. INSERT ... ON CONFLICT DO NOTHING makes the row of (subject, purpose) if there is none.
          2. One UPDATE puts a new code into an existing row if the last one is a minute old and the day's limit is not
             reached. Of two requests at once one wins.
Spending: 1. One UPDATE takes a try if one of the three is left. It is committed whatever follows.
          2. One UPDATE, in the transaction of what the code is for, marks the code used if it is the right one and
             unused. Whoever changes that row has spent the code; if the rest fails, the code is unspent.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Case, F, Q, Value, When

from authentication.exceptions import CodeSentRecently, InvalidCode
from authentication.models import CodePurpose, OneTimeCode, User
from numerai.crypto import blind_index

LIFETIME = timedelta(minutes=10)
COOL_DOWN = timedelta(seconds=60)
MAX_TRIES = 3
MAX_SENDS_A_DAY = 10
MINUTES = int(LIFETIME.total_seconds() // 60)
DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class IssuedCode:
    """A new code: its row, and the digits, which are kept nowhere."""

    code: OneTimeCode
    digits: str


def subject_of(whom: object, *, purpose: CodePurpose) -> str:
    """Return the keyed hash that stands for an address or a member's id."""
    return blind_index(str(whom), context=f"authentication.code.{purpose}")


def digest_of(digits: str, *, subject: str, purpose: str) -> str:
    return blind_index(f"{subject}.{purpose}.{digits}", context="authentication.code.digest")


def issue(
    *, whom: object, purpose: CodePurpose, user: User | None, now: datetime, target: str | None = None
) -> IssuedCode:
    """Make the newest code. `user` is whom it may be spent for; None makes one that can never be spent.

    Raises CodeSentRecently within a minute of the last one, and for the rest of the day after ten.
    """
    subject = subject_of(whom, purpose=purpose)
    digits = f"{secrets.randbelow(1_000_000):06d}"
    code = OneTimeCode(
        subject=subject,
        purpose=purpose,
        user=user,
        digest=digest_of(digits, subject=subject, purpose=purpose),
        target=target,
        sent_at=now,
        expires_at=now + LIFETIME,
        counted_from=now,
    )
    OneTimeCode.objects.bulk_create([code], ignore_conflicts=True)
    row = OneTimeCode.objects.get(subject=subject, purpose=purpose)
    if row.pk == code.pk:
        return IssuedCode(row, digits)
    is_new_day = Q(counted_from__lte=now - DAY)
    field = OneTimeCode._meta.get_field("target")
    replaced = (
        OneTimeCode.objects.filter(pk=row.pk, sent_at__lte=now - COOL_DOWN)
        .filter(Q(sends__lt=MAX_SENDS_A_DAY) | is_new_day)
        .update(
            user=user,
            digest=code.digest,
            target=None if target is None else field.seal(row.pk, target),
            tries=0,
            sent_at=now,
            expires_at=code.expires_at,
            used_at=None,
            sends=Case(When(is_new_day, then=Value(1)), default=F("sends") + 1),
            counted_from=Case(When(is_new_day, then=Value(now)), default=F("counted_from")),
        )
    )
    if not replaced:
        row.refresh_from_db(fields=["sent_at", "sends", "counted_from"])
        raise CodeSentRecently(retry_after=seconds_to_wait(row, now=now))
    code.pk, code.used_at = row.pk, None
    return IssuedCode(code, digits)


def seconds_to_wait(row: OneTimeCode, *, now: datetime) -> float:
    """Return in how many seconds this row takes a new code."""
    until = row.sent_at + COOL_DOWN
    if row.sends >= MAX_SENDS_A_DAY and row.counted_from > now - DAY:
        until = max(until, row.counted_from + DAY)
    return max(1.0, (until - now).total_seconds())


def take_try(*, whom: object, purpose: CodePurpose, now: datetime) -> bool:
    """Take one of the three tries; False if none is left, or there is no live code. Outside any transaction.

    A transaction that ends in a refusal would give the try back.
    """
    return bool(
        OneTimeCode.objects.filter(
            subject=subject_of(whom, purpose=purpose),
            purpose=purpose,
            used_at=None,
            expires_at__gt=now,
            tries__lt=MAX_TRIES,
        ).update(tries=F("tries") + 1)
    )


def spend(*, whom: object, purpose: CodePurpose, digits: str, was_tried: bool, now: datetime) -> OneTimeCode:
    """Spend the code and return its row. Inside the transaction of what it is for. Raises InvalidCode.

    Does the same for a code that cannot be right as for one that can, so that the time tells nothing.
    """
    subject = subject_of(whom, purpose=purpose)
    digest = digest_of(digits, subject=subject, purpose=purpose)
    live = OneTimeCode.objects.filter(subject=subject, purpose=purpose, used_at=None, expires_at__gt=now)
    spent = live.filter(digest=digest if was_tried else "", user__isnull=False).update(used_at=now)
    row = OneTimeCode.objects.filter(subject=subject, purpose=purpose).select_related("user").first()
    if not spent or row is None:
        raise InvalidCode
    return row


def discard(*, user: User) -> None:
    """Make every code of an account worthless, as when its password has changed."""
    OneTimeCode.objects.filter(user=user, used_at=None).update(tries=MAX_TRIES)


def forget(whoms: Iterable[object]) -> None:
    """Delete every code for these addresses and ids, those that nobody could spend included."""
    subjects = [subject_of(whom, purpose=purpose) for whom in whoms for purpose in CodePurpose]
    OneTimeCode.objects.filter(subject__in=subjects).delete()
