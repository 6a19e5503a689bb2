"""Sessions: begun at sign-in, rotated at every refresh, ended for good.

A refresh token is good once. Rotation is one UPDATE on the condition that the token presented is the session's current
one, so of two requests with one token one rotates. The other holds the previous token, which within 30 seconds is
taken for a lost answer and gets the same successor (tokens.next_jti). Later than that it is taken for a stolen token:
whoever holds it, thief or owner, the session ends and the owner is told.
"""

from __future__ import annotations

import secrets
from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import F, QuerySet

from authentication import members
from authentication.callers import Caller
from authentication.exceptions import InvalidToken
from authentication.models import Act, EndReason, Session, User
from authentication.services import audit, notices, reprieve
from authentication.tokens import REFRESH_LIFETIME, Claims, TokenPair, digest_of, next_jti, read_refresh, sign_pair
from notifications.kinds import Kind
from notifications.services import remove_devices_of_sessions
from numerai.api.exceptions import NotFound
from numerai.db import uuid7

GRACE = timedelta(seconds=30)
# One more sign-in ends the session that was least lately seen.
MAX_SESSIONS = 20


def begin_session(*, user: User, caller: Caller, now: datetime) -> TokenPair:
    """Sign a device in. In the transaction that found the credentials right; tells the member of any but the first.

    Calls a scheduled erasure of the account off. Raises InvalidCredentials if it has begun.
    """
    reprieve.call_off(user=user, caller=caller, now=now)
    is_first = not Session.objects.filter(user=user).exists()
    jti = secrets.token_hex(16)
    session = Session.objects.create(
        id=uuid7(),
        user=user,
        current=digest_of(jti),
        rotated_at=now,
        device=caller.device,
        network=caller.network,
        place=caller.place,
        last_seen_at=now,
        expires_at=now + REFRESH_LIFETIME,
    )
    User.objects.filter(pk=user.pk).update(last_login=now)
    _end_surplus(user=user, now=now)
    audit.record(Act.SIGNED_IN, actor_id=user.pk, caller=caller)
    if not is_first:
        notices.queue_notice(Kind.NEW_SIGN_IN, user=user, now=now, caller=caller, subject=session.pk)
    members.forget_on_commit(user.pk)
    return sign_pair(user=user, session_id=session.pk, refresh_jti=jti)


def refresh_session(*, refresh_token: str, caller: Caller, now: datetime) -> TokenPair:
    """Exchange a refresh token for a fresh pair. Raises InvalidToken.

    1. UPDATE where the token is the current one: rotates.
    2. Nothing changed: UPDATE where it is the previous one and rotation is less than 30 seconds old: seen, no more.
    3. Still nothing, but the session is live: the token was used before. The session ends, in its own transaction.
    """
    claims = read_refresh(refresh_token)
    presented = digest_of(claims.jti)
    successor = next_jti(session_id=claims.session_id, jti=claims.jti)
    user = User.objects.filter(pk=claims.user_id, is_active=True, is_verified=True).first()
    if user is None or user.token_version != claims.token_version:
        raise InvalidToken
    live = Session.objects.filter(pk=claims.session_id, user=user, ended_at=None, expires_at__gt=now)
    seen = {"last_seen_at": now, "expires_at": now + REFRESH_LIFETIME, "device": caller.device, "place": caller.place}
    rotated = live.filter(current=presented).update(
        previous=F("current"), current=digest_of(successor), rotated_at=now, **seen
    )
    if not rotated and not live.filter(previous=presented, rotated_at__gt=now - GRACE).update(**seen):
        _end_reused(claims=claims, user=user, now=now, caller=caller)
        raise InvalidToken
    return sign_pair(user=user, session_id=claims.session_id, refresh_jti=successor)


def _end_reused(*, claims: Claims, user: User, now: datetime, caller: Caller) -> None:
    with transaction.atomic():
        if _end(Session.objects.filter(pk=claims.session_id, user=user), reason=EndReason.REUSED, user=user, now=now):
            audit.record(Act.TOKEN_REUSED, actor_id=user.pk, caller=caller)
            notices.queue_notice(
                Kind.SESSION_FAMILY_ENDED, user=user, now=now, caller=caller, subject=claims.session_id
            )


def sign_out(*, user_id: UUID, session_id: UUID, caller: Caller, now: datetime) -> None:
    """End the session that asks for it."""
    with transaction.atomic():
        mine = Session.objects.filter(pk=session_id, user_id=user_id)
        if _end(mine, reason=EndReason.SIGNED_OUT, user=user_id, now=now):
            audit.record(Act.SIGNED_OUT, actor_id=user_id, caller=caller)


def revoke_session(*, user_id: UUID, session_id: UUID, caller: Caller, now: datetime) -> None:
    """End one of a member's own sessions. Raises NotFound for a stranger's, and for one that has ended."""
    with transaction.atomic():
        mine = Session.objects.filter(pk=session_id, user_id=user_id, expires_at__gt=now)
        if not _end(mine, reason=EndReason.REVOKED, user=user_id, now=now):
            raise NotFound
        audit.record(Act.SESSION_REVOKED, actor_id=user_id, caller=caller)


def revoke_other_sessions(*, user_id: UUID, session_id: UUID, caller: Caller, now: datetime) -> int:
    """End every session of a member but this one; return how many."""
    with transaction.atomic():
        others = Session.objects.filter(user_id=user_id, expires_at__gt=now).exclude(pk=session_id)
        ended = _end(others, reason=EndReason.REVOKED, user=user_id, now=now)
        if ended:
            audit.record(Act.SESSIONS_REVOKED, actor_id=user_id, caller=caller)
    return ended


def end_all(*, user: User, reason: EndReason, now: datetime, but: UUID | None = None) -> int:
    """End all sessions of an account, or all but one, and every token made so far. In the caller's transaction."""
    User.objects.filter(pk=user.pk).update(token_version=F("token_version") + 1)
    user.refresh_from_db(fields=["token_version"])
    ending = Session.objects.filter(user=user)
    return _end(ending.exclude(pk=but) if but else ending, reason=reason, user=user, now=now)


def renew_session(*, user: User, session_id: UUID, now: datetime) -> TokenPair:
    """Return a fresh pair for a session whose tokens were just made worthless with all others. Raises InvalidToken."""
    jti = secrets.token_hex(16)
    renewed = Session.objects.filter(pk=session_id, user=user, ended_at=None).update(
        current=digest_of(jti), previous="", rotated_at=now, last_seen_at=now, expires_at=now + REFRESH_LIFETIME
    )
    if not renewed:
        raise InvalidToken
    return sign_pair(user=user, session_id=session_id, refresh_jti=jti)


def _end_surplus(*, user: User, now: datetime) -> None:
    kept = Session.objects.filter(user=user, ended_at=None, expires_at__gt=now).order_by("-last_seen_at", "-pk")
    surplus = list(kept.values_list("pk", flat=True)[MAX_SESSIONS:])
    if surplus:
        _end(Session.objects.filter(pk__in=surplus), reason=EndReason.DISPLACED, user=user, now=now)


def _end(sessions: QuerySet[Session], *, reason: EndReason, user: User | UUID, now: datetime) -> int:
    """End those of the sessions that have not ended; return how many. Their tokens stop on commit, and their pushes."""
    user_id = user.pk if isinstance(user, User) else user
    ending = list(sessions.filter(ended_at=None).values_list("pk", flat=True))
    ended = sessions.filter(ended_at=None).update(ended_at=now, end_reason=reason)
    remove_devices_of_sessions(user_id=user_id, session_ids=ending)
    members.forget_on_commit(user_id)
    return ended
