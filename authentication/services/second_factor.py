"""The second factor: an authenticator app (TOTP, RFC 6238), and ten recovery codes for when it is lost."""

from __future__ import annotations

import base64
import secrets
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import quote, urlencode
from uuid import UUID

from django.db import transaction
from django_otp.oath import TOTP

from authentication.callers import Caller
from authentication.exceptions import InvalidCode, SecondFactorEnabled, SecondFactorNotEnabled
from authentication.models import Act, RecoveryCode, SecondFactor, User
from authentication.services import attempts, audit, notices
from authentication.services.passwords import confirm_identity
from notifications.kinds import SecurityEvent
from numerai.crypto import blind_index

ISSUER = "NumerAI"
SECRET_BYTES = 20
STEP_SECONDS = 30
# One step to each side: a phone's clock may be half a minute off.
TOLERANCE = 1
RECOVERY_CODES = 10
# No 0, 1, i, l, o, u: they are copied by hand.
_ALPHABET = "23456789abcdefghjkmnpqrstvwxyz"


@dataclass(frozen=True, slots=True)
class Setup:
    """What an authenticator app needs, as text and as the address behind a QR code."""

    secret: str
    otpauth_uri: str


def begin_setup(*, user_id: UUID, session_id: UUID, password: str, now: datetime) -> Setup:
    """Make a secret for a member's authenticator, in place of one not confirmed. Raises SecondFactorEnabled."""
    user = User.objects.get(pk=user_id)
    confirm_identity(user=user, session_id=session_id, password=password, now=now)
    secret = base64.b32encode(secrets.token_bytes(SECRET_BYTES)).decode()
    with transaction.atomic():
        SecondFactor.objects.filter(user=user, confirmed_at=None).delete()
        made = SecondFactor.objects.bulk_create([SecondFactor(user=user, secret=secret)], ignore_conflicts=True)[0]
        if not SecondFactor.objects.filter(pk=made.pk).exists():
            raise SecondFactorEnabled
    label = quote(f"{ISSUER}:{user.email}")
    query = urlencode({"secret": secret, "issuer": ISSUER, "digits": 6, "period": STEP_SECONDS})
    return Setup(secret=secret, otpauth_uri=f"otpauth://totp/{label}?{query}")


def confirm_setup(*, user_id: UUID, code: str, caller: Caller, now: datetime) -> list[str]:
    """Turn the second factor on with a first code; return the recovery codes, which are shown this once."""
    user = User.objects.get(pk=user_id)
    take_guess(user=user, now=now)
    with transaction.atomic():
        factor = SecondFactor.objects.filter(user=user).first()
        if factor is None:
            raise SecondFactorNotEnabled
        step = _step_of(factor, code, now=now)
        if step is None:
            raise InvalidCode
        if not SecondFactor.objects.filter(pk=factor.pk, confirmed_at=None).update(confirmed_at=now, last_step=step):
            raise SecondFactorEnabled
        made = _make_recovery_codes(user)
        audit.record(Act.SECOND_FACTOR_ENABLED, actor_id=user.pk, caller=caller)
        notices.queue_security_event(SecurityEvent.SECOND_FACTOR_ENABLED, user=user, now=now, caller=caller)
    _forgive(user)
    return made


def disable(*, user_id: UUID, session_id: UUID, password: str, code: str, caller: Caller, now: datetime) -> None:
    """Turn the second factor off: takes the password, or a fresh sign-in without one, and a code."""
    user = User.objects.get(pk=user_id)
    confirm_identity(user=user, session_id=session_id, password=password, now=now)
    take_guess(user=user, now=now)
    with transaction.atomic():
        spend_code(user=user, code=code, caller=caller, now=now)
        SecondFactor.objects.filter(user=user).delete()
        RecoveryCode.objects.filter(user=user).delete()
        audit.record(Act.SECOND_FACTOR_DISABLED, actor_id=user.pk, caller=caller)
        notices.queue_security_event(SecurityEvent.SECOND_FACTOR_DISABLED, user=user, now=now, caller=caller)


def renew_recovery_codes(
    *, user_id: UUID, session_id: UUID, password: str, code: str, caller: Caller, now: datetime
) -> list[str]:
    """Replace all recovery codes; return the new ones, which are shown this once."""
    user = User.objects.get(pk=user_id)
    confirm_identity(user=user, session_id=session_id, password=password, now=now)
    take_guess(user=user, now=now)
    with transaction.atomic():
        spend_code(user=user, code=code, caller=caller, now=now)
        made = _make_recovery_codes(user)
        audit.record(Act.RECOVERY_CODES_MADE, actor_id=user.pk, caller=caller)
    return made


def is_enabled_for(user: User) -> bool:
    """Return whether signing in asks for a code."""
    return SecondFactor.objects.filter(user=user, confirmed_at__isnull=False).exists()


def take_guess(*, user: User, now: datetime) -> None:
    """Count a guess at a member's second factor. Outside any transaction. Raises TooManyAttempts."""
    attempts.take(_guesses(user), rule=attempts.INSIDE, now=now)


def spend_code(*, user: User, code: str, caller: Caller, now: datetime) -> None:
    """Use up a code of the authenticator, or a recovery code. In the transaction of what it is for.

    Each is good once: one conditional UPDATE. Raises InvalidCode, SecondFactorNotEnabled.
    """
    factor = SecondFactor.objects.filter(user=user, confirmed_at__isnull=False).first()
    if factor is None:
        raise SecondFactorNotEnabled
    step = _step_of(factor, code, now=now)
    if step is not None:
        if not SecondFactor.objects.filter(pk=factor.pk, last_step__lt=step).update(last_step=step):
            raise InvalidCode
    else:
        digest = _recovery_digest(user, code)
        if not RecoveryCode.objects.filter(user=user, digest=digest, used_at=None).update(used_at=now):
            raise InvalidCode
        audit.record(Act.RECOVERY_CODE_USED, actor_id=user.pk, caller=caller)
        notices.queue_security_event(SecurityEvent.RECOVERY_CODE_USED, user=user, now=now, caller=caller)
    _forgive(user)


def _step_of(factor: SecondFactor, code: str, *, now: datetime) -> int | None:
    """Return the time step whose code this is, if it is later than the last one taken."""
    if not (code.isascii() and code.isdigit() and len(code) == 6):
        return None
    totp = TOTP(base64.b32decode(factor.secret), step=STEP_SECONDS)
    totp.time = now.timestamp()
    if not totp.verify(int(code), tolerance=TOLERANCE, min_t=factor.last_step + 1):
        return None
    return int(totp.t())


def _make_recovery_codes(user: User) -> list[str]:
    RecoveryCode.objects.filter(user=user).delete()
    made = ["".join(secrets.choice(_ALPHABET) for _ in range(10)) for _ in range(RECOVERY_CODES)]
    RecoveryCode.objects.bulk_create([RecoveryCode(user=user, digest=_recovery_digest(user, text)) for text in made])
    return [f"{text[:5]}-{text[5:]}" for text in made]


def _recovery_digest(user: User, code: str) -> str:
    plain = code.lower().replace("-", "").replace(" ", "")
    return blind_index(f"{user.pk}.{plain}", context="authentication.recovery_code")


def _guesses(user: User) -> str:
    return attempts.key_of("second_factor", user.pk)


def _forgive(user: User) -> None:
    attempts.forgive(_guesses(user))
