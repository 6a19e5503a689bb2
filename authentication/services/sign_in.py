"""Signing in: a password, and for those who have one a second factor."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.core import signing
from django.db import transaction

from authentication.addresses import normalize_email
from authentication.callers import Caller
from authentication.exceptions import InvalidCode, InvalidCredentials, InvalidToken, NotVerified
from authentication.models import Act, User
from authentication.services import attempts, audit, second_factor, sessions
from authentication.services.passwords import is_password_of
from authentication.tokens import TokenPair

CHALLENGE_LIFETIME = timedelta(minutes=5)
_SALT = "authentication.second-factor"


@dataclass(frozen=True, slots=True)
class Challenge:
    """The password or a provider's token was right; a code of the second factor is to come, within five minutes."""

    challenge: str
    expires_in: int = int(CHALLENGE_LIFETIME.total_seconds())


def sign_in(*, email: str, password: str, caller: Caller, now: datetime) -> TokenPair | Challenge:
    """Sign in by password. Raises InvalidCredentials, TooManyAttempts; NotVerified to who knows the password.

    An address without an account costs the same: the guess is counted, one hash is made, the failure is recorded.
    A closed account answers like a wrong password.
    """
    email = normalize_email(email)
    attempt = attempts.begin_sign_in(email=email, caller=caller, now=now)
    user = User.objects.filter(email=email).first()
    if not is_password_of(user, password) or user is None or not user.is_active:
        audit.record(Act.SIGN_IN_FAILED, actor_id=None, subject_id=user.pk if user else None, caller=caller)
        raise InvalidCredentials
    if not user.is_verified:
        raise NotVerified
    with transaction.atomic():
        attempt.was_right(now=now)
        return enter(user=user, caller=caller, now=now)


def enter(*, user: User, caller: Caller, now: datetime) -> TokenPair | Challenge:
    """Let in who has proven to be the user, or ask for the second factor. In the transaction that found the proof."""
    if second_factor.is_enabled_for(user):
        return Challenge(signing.dumps([user.pk.hex, user.token_version], salt=_SALT))
    return sessions.begin_session(user=user, caller=caller, now=now)


def sign_in_with_second_factor(*, challenge: str, code: str, caller: Caller, now: datetime) -> TokenPair:
    """Finish a sign-in with a code of the authenticator or a recovery code. Raises InvalidToken, InvalidCode.

    Raises TooManyAttempts after a few wrong codes, whichever challenge they came with.
    """
    try:
        user_id, token_version = signing.loads(challenge, salt=_SALT, max_age=CHALLENGE_LIFETIME)
    except signing.BadSignature:
        raise InvalidToken from None
    user = User.objects.filter(pk=UUID(user_id), token_version=token_version, is_active=True, is_verified=True).first()
    if user is None:
        raise InvalidToken
    second_factor.take_guess(user=user, now=now)
    try:
        with transaction.atomic():
            second_factor.spend_code(user=user, code=code, caller=caller, now=now)
            return sessions.begin_session(user=user, caller=caller, now=now)
    except InvalidCode:
        audit.record(Act.SECOND_FACTOR_REFUSED, actor_id=None, subject_id=user.pk, caller=caller)
        raise
