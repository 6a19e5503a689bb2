"""API keys: made and shown once, replaced with an overlap, revoked for good."""

from __future__ import annotations

import hashlib
import re
import secrets
import string
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import Exists, OuterRef, Q

from authentication.callers import Caller
from authentication.exceptions import InvalidApiKey, TooManyApiKeys
from authentication.models import AccountDeletion, Act, ApiKey, User
from authentication.services import audit, notices
from authentication.services.passwords import confirm_identity
from notifications.kinds import SecurityEvent
from numerai import hooks
from numerai.api.exceptions import Conflict, NotFound

MAX_KEYS = 10
LONGEST_OVERLAP = timedelta(days=7)
BEGINNING = "numerai_"
_ALPHABET = string.ascii_letters + string.digits
# 43 of 62 characters: 256 bits, of which the prefix shows 36.
_SECRET_LENGTH = 43
_PREFIX_LENGTH = len(BEGINNING) + 6
_KEY = re.compile(rf"{BEGINNING}[A-Za-z0-9]{{{_SECRET_LENGTH}}}", re.ASCII)


@dataclass(frozen=True, slots=True)
class NewKey:
    """A key just made: the id of its row, and the key itself, which is kept nowhere."""

    id: UUID
    key: str


@dataclass(frozen=True, slots=True)
class KeyHolder:
    """Who makes a request with an API key: `request.user` of a view that takes keys, in the place of a Member.

    It is the key's owner within the key's scopes; it has no session. All keys of an account share one count of
    requests, apart from the member's own; a key with a limit of its own is counted by itself.
    """

    id: UUID
    key_id: UUID
    tier: str
    data_version: int
    scopes: frozenset[str]
    requests_per_minute: int | None

    is_authenticated = True
    is_anonymous = False
    is_active = True
    is_staff = False

    @property
    def pk(self) -> UUID:
        return self.id

    @property
    def limit_key(self) -> str:
        return f"keys:{self.id}" if self.requests_per_minute is None else f"key:{self.key_id}"


def create_key(
    *, user_id: UUID, session_id: UUID, password: str, name: str, scopes: Sequence[str], caller: Caller, now: datetime
) -> NewKey:
    """Make a key and tell its owner by mail. Raises WrongPassword, SignInAgain, TooManyApiKeys."""
    confirm_identity(user=User.objects.get(pk=user_id), session_id=session_id, password=password, now=now)
    key = _make()
    with transaction.atomic():
        # One at a time an account, or two at once would both find the last place.
        user = User.objects.select_for_update().get(pk=user_id)
        if ApiKey.objects.filter(user=user, revoked_at=None).count() >= MAX_KEYS:
            raise TooManyApiKeys
        row = ApiKey.objects.create(
            user=user,
            name=name,
            prefix=key[:_PREFIX_LENGTH],
            digest=digest_of(key),
            scopes=sorted(set(scopes)),
            created_at=now,
        )
        audit.record(Act.API_KEY_CREATED, actor_id=user.pk, caller=caller)
        notices.queue_security_event(SecurityEvent.API_KEY_CREATED, user=user, now=now, caller=caller)
    return NewKey(row.pk, key)


def rotate_key(
    *,
    user_id: UUID,
    session_id: UUID,
    key_id: UUID,
    password: str,
    overlap: timedelta,
    caller: Caller,
    now: datetime,
) -> NewKey:
    """Replace a key; the old one is good for `overlap` more. One before the old one, still in its overlap, ends now.

    Raises NotFound for a stranger's key and a revoked one; Conflict when another rotation was faster: one conditional
    UPDATE, so that nobody is left with a key that was overwritten unseen.
    """
    mine = ApiKey.objects.filter(pk=key_id, user_id=user_id, revoked_at=None)
    old = mine.values_list("digest", flat=True).first()
    if old is None:
        raise NotFound
    user = User.objects.get(pk=user_id)
    confirm_identity(user=user, session_id=session_id, password=password, now=now)
    key = _make()
    with transaction.atomic():
        rotated = mine.filter(digest=old).update(
            digest=digest_of(key),
            prefix=key[:_PREFIX_LENGTH],
            previous_digest=old if overlap else None,
            previous_until=now + overlap if overlap else None,
            rotated_at=now,
        )
        if not rotated:
            raise Conflict
        audit.record(Act.API_KEY_ROTATED, actor_id=user.pk, caller=caller)
        notices.queue_security_event(SecurityEvent.API_KEY_CREATED, user=user, now=now, caller=caller)
    return NewKey(key_id, key)


def revoke_key(*, user_id: UUID, key_id: UUID, caller: Caller, now: datetime) -> None:
    """End a key, and the one it replaces, at once. Raises NotFound for a stranger's key and a revoked one."""
    with transaction.atomic():
        if not ApiKey.objects.filter(pk=key_id, user_id=user_id, revoked_at=None).update(revoked_at=now):
            raise NotFound
        audit.record(Act.API_KEY_REVOKED, actor_id=user_id, caller=caller)


def set_limit(*, key_id: UUID, requests_per_minute: int | None, staff_id: UUID, caller: Caller) -> None:
    """Give a key the limit that was agreed with its owner, or the tier's again. By staff."""
    with transaction.atomic():
        ApiKey.objects.filter(pk=key_id).update(requests_per_minute=requests_per_minute)
        owner = ApiKey.objects.values_list("user_id", flat=True).get(pk=key_id)
        audit.record(Act.API_KEY_LIMIT_SET, actor_id=staff_id, subject_id=owner, caller=caller)


def find_holder(key: str, *, now: datetime) -> KeyHolder:
    """Return whom a key speaks for: one query, so that a revoked key ends at once. Raises InvalidApiKey."""
    if not _KEY.fullmatch(key):
        raise InvalidApiKey
    digest = digest_of(key)
    row = (
        User.objects.filter(
            # An account that is to be erased sleeps, and its keys with it.
            ~Exists(AccountDeletion.objects.filter(user_id=OuterRef("pk"))),
            Q(apikey__digest=digest) | Q(apikey__previous_digest=digest, apikey__previous_until__gt=now),
            apikey__revoked_at=None,
            is_active=True,
            is_verified=True,
        )
        .values(
            "pk",
            "data_version",
            "apikey__pk",
            "apikey__scopes",
            "apikey__requests_per_minute",
            tier=hooks.tier_expression(),
        )
        .first()
    )
    if row is None:
        raise InvalidApiKey
    return KeyHolder(
        id=row["pk"],
        key_id=row["apikey__pk"],
        tier=row["tier"],
        data_version=row["data_version"],
        scopes=frozenset(row["apikey__scopes"]),
        requests_per_minute=row["apikey__requests_per_minute"],
    )


def digest_of(key: str) -> str:
    """Return what the database keeps of a key."""
    return hashlib.sha256(key.encode()).hexdigest()


def _make() -> str:
    return BEGINNING + "".join(secrets.choice(_ALPHABET) for _ in range(_SECRET_LENGTH))
