"""Answers kept in Valkey for hot_reads.py, and all that a request needs of Valkey in one round trip.

An answer is good for the versions it was made with: the member's data version and tier, both in the member record, so
that a change makes it stale at once; and until a moment named when it was made, such as the member's midnight. It is
kept only while that record stands, so that nothing is kept of a member who has just been erased. It is compressed and
encrypted, bound to the member and its name.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from lz4 import block as lz4
from redis.exceptions import RedisError

from authentication import members
from authentication.members import Member, MemberRecord
from authentication.tokens import Claims
from numerai import crypto
from numerai.api import limits, valkey
from numerai.api.limits import Verdict

LIFETIME_MS = 24 * 3_600_000

_STAMP_FUNCTION = """
local function stamp_of(record) return string.format('%d:%s', record.data_version, record.tier) end
local function is_record(raw) return raw and string.sub(raw, 1, 1) == '{' end
"""
# KEYS: the member record, the requests that count, the kept answers, and others to bring along. ARGV: token version,
# session, name, a mark and its lifetime (members.py), limit and window of the free tier, of the premium one. Without a
# record that admits the token, nothing is counted: returns what was brought and 0, the mark left where there was no
# record. Otherwise what was brought, 1, what the record says, what the count says, and the answer, "" if there is none
# that is good.
_TAKE = (
    members.ADMITS_FUNCTION
    + limits.COUNT_FUNCTION
    + _STAMP_FUNCTION
    + """
local brought = {}
for other = 4, #KEYS do brought[other - 3] = redis.call('GET', KEYS[other]) end
local raw = redis.call('GET', KEYS[1])
if not is_record(raw) then
  redis.call('SET', KEYS[1], ARGV[4], 'PX', ARGV[5])
  return {brought, 0}
end
local record = cjson.decode(raw)
if not admits(record, tonumber(ARGV[1]), ARGV[2]) then return {brought, 0} end
local at = record.tier == 'premium' and 8 or 6
local counted = count_request(KEYS[2], tonumber(ARGV[at]), tonumber(ARGV[at + 1]))
local answer = ''
local kept = counted[1] == 1 and redis.call('HGET', KEYS[3], ARGV[3])
if kept then
  local stamp, ends, start = string.match(kept, '^([^\\n]*)\\n(%d+)\\n()')
  local is_good = stamp == stamp_of(record) and tonumber(ends) > tonumber(redis.call('TIME')[1])
  if is_good then answer = string.sub(kept, start) end
end
local is_staff = record.is_staff and 1 or 0
return {brought, 1, record.tier, record.data_version, is_staff, counted[1], counted[2], counted[3], answer}
"""
)
# KEYS as above. ARGV: the mark, the record, its lifetime; limit and window, 0 for a request that was counted before;
# the stamp, name, end, bytes ("" for none) and lifetime of the answer. Returns what the count says.
_SETTLE = (
    limits.COUNT_FUNCTION
    + _STAMP_FUNCTION
    + """
if ARGV[1] ~= '' and redis.call('GET', KEYS[1]) == ARGV[1] then redis.call('SET', KEYS[1], ARGV[2], 'PX', ARGV[3]) end
local raw = ARGV[9] ~= '' and redis.call('GET', KEYS[1])
if is_record(raw) and stamp_of(cjson.decode(raw)) == ARGV[6] then
  redis.call('HSET', KEYS[3], ARGV[7], ARGV[6] .. '\\n' .. ARGV[8] .. '\\n' .. ARGV[9])
  redis.call('PEXPIRE', KEYS[3], ARGV[10])
end
if ARGV[4] == '0' then return {1, 0, 0} end
return count_request(KEYS[2], tonumber(ARGV[4]), tonumber(ARGV[5]))
"""
)


@dataclass(frozen=True, slots=True)
class Found:
    """What Valkey knew: nothing but the mark that was left; or the member, the count, and perhaps the answer.

    `brought` are the values that were asked for along with it, by key.
    """

    mark: str
    brought: Mapping[str, bytes | None]
    member: Member | None = None
    verdict: Verdict | None = None
    data: bytes | None = None


def take(claims: Claims, *, category: str, name: str, bring_along: Sequence[str] = ()) -> Found:
    """Judge a token, count its request and find the answer kept under this name. Raises RedisError.

    `bring_along` names other keys of Valkey, as in numerai.api.limits.
    """
    mark = members.new_mark()
    rules = limits.CATEGORIES[category]
    tiers = [(rule.limit, rule.window * limits.MICROSECONDS) for rule in (rules.free, rules.premium)]
    values, is_known, *found = valkey.run(
        _TAKE,
        keys=[*_keys(claims.user_id, category), *bring_along],
        args=[claims.token_version, claims.session_id.hex, name, mark, members.MARK_MS, *tiers[0], *tiers[1]],
    )
    brought = dict(zip(bring_along, values, strict=True))
    if not is_known:
        return Found(mark, brought)
    tier, data_version, is_staff, allowed, remaining, wait, sealed = found
    member = Member(
        id=claims.user_id,
        session_id=claims.session_id,
        tier=tier.decode(),
        data_version=data_version,
        is_staff=bool(is_staff),
    )
    verdict = _verdict(category, member.tier, allowed, remaining, wait)
    return Found(mark, brought, member, verdict, _open(sealed, claims.user_id, name) if sealed else None)


def settle(
    found: Found,
    member: Member,
    record: MemberRecord | None,
    *,
    category: str,
    name: str,
    data: bytes,
    ends_at: datetime,
) -> Verdict:
    """Keep what `take` did not find: the member record that was loaded, the answer that was made (b"" for none).

    Counts the request if `take` could not. With Valkey gone meanwhile, the request passes uncounted.
    """
    rule = limits.CATEGORIES[category].rule_for(member.tier)
    sealed = b""
    if data and ends_at.timestamp() > time.time():
        sealed = crypto.seal_bytes(lz4.compress(data), context=_context(member.id, name))
    try:
        counted = valkey.run(
            _SETTLE,
            keys=_keys(member.id, category),
            args=[
                found.mark if record else "",
                members.dump(record) if record else "",
                members.LIFETIME_MS,
                0 if found.verdict else rule.limit,
                rule.window * limits.MICROSECONDS,
                f"{member.data_version}:{member.tier}",
                name,
                int(ends_at.timestamp()),
                sealed,
                LIFETIME_MS,
            ],
        )
    except RedisError:
        counted = 1, rule.limit, 0
    return found.verdict or _verdict(category, member.tier, *counted)


def _keys(user_id: UUID, category: str) -> list[str]:
    counted = limits.window_key(category, limits.account_key(user_id))
    return [members.record_key(user_id), counted, members.answers_key(user_id)]


def _verdict(category: str, tier: str, allowed: int, remaining: int, wait: int) -> Verdict:
    rule = limits.CATEGORIES[category].rule_for(tier)
    return Verdict(bool(allowed), rule.limit, remaining, wait / limits.MICROSECONDS, rule.error)


def _open(sealed: bytes, user_id: UUID, name: str) -> bytes | None:
    try:
        data: bytes = lz4.decompress(crypto.open_bytes(sealed, context=_context(user_id, name)))
    except (crypto.CryptoError, lz4.LZ4BlockError):
        return None  # A key was taken out, or something was changed: the answer is made anew.
    return data


def _context(user_id: UUID, name: str) -> str:
    return f"answer.{user_id}.{name}"
