"""What is forgotten by itself."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.contrib.sessions.models import Session as AdminSession

from authentication.models import ApiKey, AttemptCounter, OneTimeCode, Session, SpentNonce, User
from authentication.services import exports

UNPROVEN_ACCOUNTS = timedelta(days=7)
ENDED_SESSIONS = REVOKED_KEYS = timedelta(days=90)
# Past the window of the daily limit, which a code's row also counts.
CODES = timedelta(days=2)
ATTEMPTS = timedelta(days=31)


def purge_expired(*, now: datetime) -> None:
    """Delete old codes, counters, sessions, exports, keys, and unproven accounts. Safe to run twice."""
    OneTimeCode.objects.filter(expires_at__lt=now - CODES).delete()
    AttemptCounter.objects.filter(last_at__lt=now - ATTEMPTS).delete()
    Session.objects.filter(expires_at__lt=now - ENDED_SESSIONS).delete()
    exports.purge(now=now)
    AdminSession.objects.filter(expire_date__lt=now).delete()
    SpentNonce.objects.filter(expires_at__lt=now).delete()
    ApiKey.objects.filter(revoked_at__lt=now - REVOKED_KEYS).delete()
    User.objects.filter(
        is_verified=False, is_staff=False, last_login=None, created_at__lt=now - UNPROVEN_ACCOUNTS
    ).delete()
