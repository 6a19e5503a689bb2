"""`Idempotency-Key`: a POST that costs money or makes work is executed once, however often it is sent.

The first request inserts a row (unique per member and key) and runs; the same request later gets the stored answer.

1. INSERT ... ON CONFLICT DO NOTHING, committed at once. Who inserted, runs; everybody else reads the row.
2. The row holds a lease. A process that dies leaves it to run out; then one conditional UPDATE takes the row over.
3. The answer is stored by an UPDATE on the condition that the lease is still ours.
"""

from __future__ import annotations

import functools
import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db.models import Q
from django.utils import timezone
from rest_framework.request import Request
from rest_framework.response import Response

from numerai import crypto
from numerai.api.codes import ERROR_CODES
from numerai.api.envelope import ListData, encode
from numerai.api.exceptions import AppError
from numerai.api.models import IdempotencyKey

HEADER = "Idempotency-Key"
REPLAYED = "Idempotency-Replayed"
LIFETIME = timedelta(hours=24)
LEASE = timedelta(minutes=2)
_KEY = re.compile(r"[\x21-\x7e]{1,255}", re.ASCII)
# Answers about the moment, not about the request: sent again, it deserves a new try.
_NOT_KEPT = (409, 429)


class InvalidIdempotencyKey(AppError):
    code = "INVALID_IDEMPOTENCY_KEY"
    message = ERROR_CODES[code][1]


class KeyReused(AppError):
    code = "IDEMPOTENCY_KEY_REUSED"
    status = 409
    message = ERROR_CODES[code][1]


class InProgress(AppError):
    code = "IDEMPOTENCY_IN_PROGRESS"
    status = 409
    message = ERROR_CODES[code][1]


@dataclass(frozen=True, slots=True)
class Claim:
    """The right to execute a request, until the lease ends."""

    row_id: UUID
    locked_until: datetime


@dataclass(frozen=True, slots=True)
class Answer:
    """What the first request was answered."""

    status: int
    data: Any


def fingerprint_of(request: Request) -> str:
    """Return a keyed hash of what the request asks: keyed, because a body may be short enough to be guessed."""
    plain = request._request
    return crypto.blind_index(
        b"\n".join([(plain.method or "").encode(), plain.get_full_path().encode(), plain.body]), context="idempotency"
    )


def claim(*, user_id: UUID, key: str, fingerprint: str, now: datetime) -> Claim | Answer:
    """Return a Claim to whoever may execute the request, or the Answer of the one that did.

    Raises KeyReused if the key stands for another request, InProgress while the first one runs.
    """
    mine = IdempotencyKey(
        user_id=user_id, key=key, fingerprint=fingerprint, locked_until=now + LEASE, expires_at=now + LIFETIME
    )
    IdempotencyKey.objects.bulk_create([mine], ignore_conflicts=True)
    row = IdempotencyKey.objects.filter(user_id=user_id, key=key).first()
    if row is None:
        raise InProgress(retry_after=1)  # Erased between the two statements.
    if row.pk == mine.pk:
        return Claim(mine.pk, mine.locked_until)
    if row.expires_at > now:
        if row.fingerprint != fingerprint:
            raise KeyReused
        if row.status is not None:
            return Answer(row.status, json.loads(row.body))
        if row.locked_until > now:
            raise InProgress(retry_after=(row.locked_until - now).total_seconds())
    taken = IdempotencyKey.objects.filter(pk=row.pk, locked_until=row.locked_until, expires_at=row.expires_at).update(
        fingerprint=fingerprint, status=None, body=None, locked_until=now + LEASE, expires_at=now + LIFETIME
    )
    if not taken:
        raise InProgress(retry_after=1)
    return Claim(row.pk, now + LEASE)


def finish(held: Claim, *, status: int, data: Any) -> None:
    """Store the answer, or give the key free if the request failed on our side or only for the moment."""
    row = IdempotencyKey.objects.filter(pk=held.row_id, locked_until=held.locked_until, status=None)
    if status >= 500 or status in _NOT_KEPT:
        row.delete()
        return
    field = IdempotencyKey._meta.get_field("body")
    assert isinstance(field, crypto.EncryptedTextField)  # noqa: S101
    row.update(status=status, body=field.seal(held.row_id, encode(data).decode()))


def idempotent(method: Callable[..., Response]) -> Callable[..., Response]:
    """Make a DRF view's `post` heed Idempotency-Key. Without the header, or a member, it runs as ever.

    Not inside a transaction: the claim must be visible to the others while the method runs.
    """

    @functools.wraps(method)
    def wrapped(view: Any, request: Request, *args: Any, **kwargs: Any) -> Response:
        key = request.headers.get(HEADER)
        if key is not None and not _KEY.fullmatch(key):
            raise InvalidIdempotencyKey
        if key is None or not request.user.is_authenticated:
            return method(view, request, *args, **kwargs)
        held = claim(user_id=request.user.pk, key=key, fingerprint=fingerprint_of(request), now=timezone.now())
        if isinstance(held, Answer):
            return Response(held.data, status=held.status, headers={REPLAYED: "true"})
        try:
            response = method(view, request, *args, **kwargs)
        except Exception as error:  # noqa: BLE001 - becomes the answer that it would have become anyway
            response = view.handle_exception(error)
        data = response.data.items if isinstance(response.data, ListData) else response.data
        finish(held, status=response.status_code, data=data)
        return response

    wrapped.takes_idempotency_key = True  # type: ignore[attr-defined]
    return wrapped


def purge_expired(*, now: datetime) -> int:
    """Delete what is older than 24 hours; return how many rows."""
    return IdempotencyKey.objects.filter(Q(expires_at__lte=now)).delete()[0]
