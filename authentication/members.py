"""The member record: what every signed-in request must know of its member, at no query.

It is kept in Valkey for 60 seconds and made anew by one primary-key query; when Valkey cannot be asked, that query is
all there is. A change takes it away on commit, so that a revoked session or a closed account is refused at once.

Taking it away is not enough: a request that read the old row before the change could store it after. So a reader that
finds nothing leaves a mark of its own, and what it read is stored only while its mark is still there; the change
removes marks too. Without Valkey's help at the moment of the change, a record is at most 60 seconds old.
"""

from __future__ import annotations

import json
import secrets
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from typing import TYPE_CHECKING, Any, cast
from uuid import UUID

from django.contrib.postgres.expressions import ArraySubquery
from django.db import transaction
from django.db.models import OuterRef
from django.utils import timezone
from redis.exceptions import RedisError

from numerai import hooks
from numerai.api import valkey
from numerai.api.envelope import encode_plain
from numerai.db import Query, Row, fetch_row

if TYPE_CHECKING:
    from authentication.tokens import Claims

PREMIUM_TIER = "premium"
LIFETIME_MS = 60_000
MARK_MS = 5_000

# KEYS[1] the record; ARGV: our mark, its lifetime. Returns the record, or nothing after leaving the mark.
_READ = """
local value = redis.call('GET', KEYS[1])
if value and string.sub(value, 1, 1) == '{' then return value end
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
return false
"""
# Stores what was read, if nothing has changed since the mark was left. ARGV: our mark, the record, its lifetime.
_STORE = """
if redis.call('GET', KEYS[1]) == ARGV[1] then redis.call('SET', KEYS[1], ARGV[2], 'PX', ARGV[3]) end
"""
_FORGET = "redis.call('DEL', KEYS[1], KEYS[2])"
# For scripts: MemberRecord.admits over a decoded record (authentication/hot_reads.py). A test holds the two together.
ADMITS_FUNCTION = """
local function admits(record, token_version, session_id)
  if not record.is_active or record.token_version ~= token_version then return false end
  for _, session in ipairs(record.sessions) do
    if session == session_id then return true end
  end
  return false
end
"""


@dataclass(frozen=True, slots=True)
class MemberRecord:
    """What the record holds. `sessions` are the live ones: a session that is not among them has ended."""

    token_version: int
    data_version: int
    tier: str
    is_active: bool
    is_staff: bool
    sessions: frozenset[str]

    def admits(self, *, token_version: int, session_id: str) -> bool:
        """Return whether a token of this session and version is still good."""
        return self.is_active and token_version == self.token_version and session_id in self.sessions


@dataclass(frozen=True, slots=True)
class Member:
    """Who makes a request: `request.user` under /api/. Services load the User when they need more."""

    id: UUID
    session_id: UUID
    tier: str
    data_version: int
    is_staff: bool

    is_authenticated = True
    is_anonymous = False
    is_active = True

    @classmethod
    def of(cls, claims: Claims, record: MemberRecord) -> Member:
        """Return who comes with a token that the record admits."""
        return cls(
            id=claims.user_id,
            session_id=claims.session_id,
            tier=record.tier,
            data_version=record.data_version,
            is_staff=record.is_staff,
        )

    @property
    def pk(self) -> UUID:
        return self.id

    @property
    def is_premium(self) -> bool:
        return self.tier == PREMIUM_TIER


def member_of(request: Any) -> Member:
    """Return who is signed in. For views that let only members in."""
    return cast(Member, request.user)


def get_record(user_id: UUID, *, token_version: int, session_id: str) -> MemberRecord | None:
    """Return the record of a member whom this token may speak for, or None.

    A kept record that would refuse the token is asked for again: a session may be younger than the record.
    """
    kept, mark = _read(user_id)
    if kept is not None and kept.admits(token_version=token_version, session_id=session_id):
        return kept
    record = load(user_id, now=timezone.now())
    if record is None:
        return None
    if mark:
        _store(user_id, mark, record)
    return record if record.admits(token_version=token_version, session_id=session_id) else None


def forget(user_id: UUID) -> None:
    """Take the record away, now, and the answers that were kept with it (hot_reads.py)."""
    try:
        valkey.run(_FORGET, keys=[record_key(user_id), answers_key(user_id)], args=[])
    except RedisError:
        return  # The fuse has written its line; the record ends by itself.


def forget_on_commit(user_id: UUID) -> None:
    """Take the record away as soon as the current transaction has been committed."""
    transaction.on_commit(lambda: forget(user_id))


def record_key(user_id: UUID) -> str:
    """Return where a member's record is kept in Valkey."""
    return f"numerai:member:{user_id}"


def answers_key(user_id: UUID) -> str:
    """Return where a member's answers are kept in Valkey."""
    return f"numerai:answers:{user_id}"


def new_mark() -> str:
    """Return a mark that no other reader leaves."""
    return f"?{secrets.token_hex(8)}"


def dump(record: MemberRecord) -> bytes:
    """Return a record as it is kept."""
    fields = {name: getattr(record, name) for name in MemberRecord.__slots__}
    return encode_plain({**fields, "sessions": sorted(record.sessions)})


def _read(user_id: UUID) -> tuple[MemberRecord | None, str]:
    """Return the kept record, or None and the mark that was left; no mark if Valkey cannot be asked."""
    mark = new_mark()
    try:
        raw = valkey.run(_READ, keys=[record_key(user_id)], args=[mark, MARK_MS])
    except RedisError:
        return None, ""
    if not raw:
        return None, mark
    fields = json.loads(raw)
    return MemberRecord(**{**fields, "sessions": frozenset(fields["sessions"])}), ""


def _store(user_id: UUID, mark: str, record: MemberRecord) -> None:
    try:
        valkey.run(_STORE, keys=[record_key(user_id)], args=[mark, dump(record), LIFETIME_MS])
    except RedisError:
        return


def load(user_id: UUID, *, now: datetime) -> MemberRecord | None:
    """Return a member's record from the database; one query."""
    row = fetch_row(_record_query(user_id, now))
    return None if row is None else _record_of(row)


def load_with(query: Query, user_id: UUID, *, now: datetime) -> tuple[MemberRecord | None, Row | None]:
    """Return a member's record and the row of a query, or None where there is none, both by one query.

    The row is told from its absence by its first column, which must never be null.
    """
    record = _record_query(user_id, now)
    sql = f"SELECT * FROM ({record.sql}) AS record LEFT JOIN LATERAL ({query.sql}) AS brought ON TRUE"  # noqa: S608 - ours
    row = fetch_row(Query(sql, (*record.parameters, *query.parameters)))
    if row is None:
        return None, None
    return _record_of(row), None if row[_RECORD_WIDTH] is None else row[_RECORD_WIDTH:]


def _record_of(row: Row) -> MemberRecord:
    token_version, data_version, is_active, is_verified, is_staff, tier, live = row[:_RECORD_WIDTH]
    return MemberRecord(
        token_version=token_version,
        data_version=data_version,
        tier=tier,
        is_active=is_active and is_verified,
        is_staff=is_staff,
        sessions=frozenset(session.hex for session in live),
    )


_RECORD_WIDTH = 7
# Stand in a query for the member and the moment of each call.
_ANYBODY, _SOME_MOMENT = UUID(int=0), datetime.min.replace(tzinfo=UTC)


def _record_query(user_id: UUID, now: datetime) -> Query:
    sql, parameters = _record_sql()
    values: dict[Any, Any] = {_ANYBODY: user_id, _SOME_MOMENT: now}
    return Query(sql, tuple(values.get(value, value) for value in parameters))


@lru_cache(maxsize=1)
def _record_sql() -> tuple[str, tuple[Any, ...]]:
    """Return the query of `load`, written by the ORM once: to write it costs it more than to run it."""
    from authentication.models import Session, User

    live = Session.objects.filter(user=OuterRef("pk"), ended_at=None, expires_at__gt=_SOME_MOMENT).values("pk")
    rows = User.objects.filter(pk=_ANYBODY).values_list(
        "token_version",
        "data_version",
        "is_active",
        "is_verified",
        "is_staff",
        hooks.tier_expression(),
        ArraySubquery(live),
    )
    return rows.query.sql_with_params()
