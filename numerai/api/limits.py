"""How many requests a caller may make: one table of categories and tiers, a sliding window, exact under concurrency.

Every caller has one sorted set a category in Valkey, holding the moments of the requests that count. One script drops
those that have left the window, counts the rest and adds the new one: a single operation, so no two requests can both
take the last place. See docs/decisions/0003-rate-limiter.md.
"""

from __future__ import annotations

import math
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from django.db import connection
from django.utils.crypto import salted_hmac
from redis.exceptions import RedisError
from rest_framework.request import Request
from rest_framework.throttling import BaseThrottle

from numerai import hooks
from numerai.api import valkey
from numerai.api.client_ip import client_ip, network_of
from numerai.api.exceptions import FairUseReached, RateLimited
from numerai.api.models import RateLimitCounter

MINUTE = 60
HOUR = 3_600
DAY = 86_400


@dataclass(frozen=True, slots=True)
class Rule:
    """At most `limit` requests in any `window` seconds; `error` is what the next one gets."""

    limit: int
    window: int = MINUTE
    error: type[RateLimited] = RateLimited


@dataclass(frozen=True, slots=True)
class Category:
    """The rules of one kind of request. A `strict` one is still counted, in the database, when Valkey is down."""

    anonymous: Rule
    free: Rule
    premium: Rule
    strict: bool = False

    def rule_for(self, tier: str) -> Rule:
        """Return the rule of a tier: "anonymous", "premium", and "free" for everything else."""
        if tier == "anonymous":
            return self.anonymous
        return self.premium if tier == "premium" else self.free


# Where only members are let in, strangers are refused before they are counted; their rule is that of everything else.
_STRANGER = Rule(10)
CATEGORIES: dict[str, Category] = {
    "authentication": Category(anonymous=Rule(10), free=Rule(10), premium=Rule(20), strict=True),
    "user_profile": Category(anonymous=_STRANGER, free=Rule(30), premium=Rule(60)),
    "numerology": Category(anonymous=Rule(10), free=Rule(20), premium=Rule(100)),
    "ai_chat": Category(anonymous=_STRANGER, free=Rule(20, HOUR), premium=Rule(300, DAY, FairUseReached), strict=True),
    "daily_reading": Category(anonymous=_STRANGER, free=Rule(10), premium=Rule(30)),
    "other": Category(anonymous=_STRANGER, free=Rule(100), premium=Rule(100)),
}
# For addresses that are not counted, such as the description of the API: a name to say so, not a default.
UNLIMITED = "unlimited"

# For scripts: the caller's requests, the limit, the window in microseconds. The server's clock, so that all processes
# agree. Returns allowed (1/0), how many are left, and in how many microseconds the oldest leaves the window.
COUNT_FUNCTION = """
local function count_request(key, limit, window)
  local clock = redis.call('TIME')
  local now = clock[1] * 1000000 + clock[2]
  redis.call('ZREMRANGEBYSCORE', key, '-inf', string.format('%.0f', now - window))
  local used = redis.call('ZCARD', key)
  local allowed = used < limit and 1 or 0
  if allowed == 1 then
    local moment = string.format('%.0f', now)
    redis.call('ZADD', key, moment, moment .. ':' .. used)
    redis.call('PEXPIRE', key, string.format('%.0f', window / 1000))
  end
  local oldest = tonumber(redis.call('ZRANGE', key, 0, 0, 'WITHSCORES')[2])
  return {allowed, limit - used - allowed, oldest + window - now}
end
"""
# KEYS[1] the caller's requests, the other KEYS what to bring along; ARGV: limit, window. Returns what count_request
# does, and the values of the other keys.
SLIDING_WINDOW = (
    COUNT_FUNCTION
    + """
local answer = count_request(KEYS[1], tonumber(ARGV[1]), tonumber(ARGV[2]))
for other = 2, #KEYS do answer[other + 2] = redis.call('GET', KEYS[other]) end
return answer
"""
)
MICROSECONDS = 1_000_000

_FORGET = "redis.call('DEL', unpack(KEYS))"


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether a request may pass, and what the caller is told. `retry_after` is in seconds."""

    allowed: bool
    limit: int
    remaining: int
    retry_after: float
    error: type[RateLimited] = RateLimited
    # What was asked for along with the count: key -> value. Empty when Valkey could not be asked.
    brought: Mapping[str, bytes | None] = field(default_factory=dict)

    def headers(self) -> dict[str, str]:
        """Return the X-RateLimit headers; Reset is when the next place becomes free, in epoch seconds."""
        return {
            "X-RateLimit-Limit": str(self.limit),
            "X-RateLimit-Remaining": str(max(0, self.remaining)),
            "X-RateLimit-Reset": str(math.ceil(time.time() + self.retry_after)),
        }


def hit(
    category: str, key: str, tier: str, per_minute: int | None = None, *, bring_along: Sequence[str] = ()
) -> Verdict:
    """Count one request of `key` (see account_key, address_key) and say whether it may pass.

    `per_minute` is what was agreed with this caller; it replaces the table's number where the table counts minutes.
    Exact: of any number of simultaneous requests, no more than the limit pass. When Valkey cannot be asked the
    request passes uncounted, unless the category is strict: then a fixed window in the database decides. Outside a
    transaction that may be rolled back, or the count is rolled back with it.

    `bring_along` names keys of Valkey whose values come back in the same round trip, as `Verdict.brought`.
    """
    rules = CATEGORIES[category]
    rule = rules.rule_for(tier)
    if per_minute is not None and rule.window == MINUTE:
        rule = replace(rule, limit=per_minute)
    name = f"{category}:{key}"
    try:
        allowed, remaining, wait, *values = valkey.run(
            SLIDING_WINDOW,
            keys=[window_key(category, key), *bring_along],
            args=[rule.limit, rule.window * MICROSECONDS],
        )
    except RedisError:
        if rules.strict:
            return _hit_database(name, rule)
        return Verdict(True, rule.limit, rule.limit, 0, rule.error)
    brought = dict(zip(bring_along, values, strict=True))
    return Verdict(bool(allowed), rule.limit, int(remaining), int(wait) / MICROSECONDS, rule.error, brought)


def _hit_database(name: str, rule: Rule) -> Verdict:
    """Count in a fixed window: one statement, so exact too, though up to twice the limit fits around a boundary."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            WITH clock AS (
                SELECT date_bin(make_interval(secs => %(window)s), statement_timestamp(), 'epoch') AS start
            )
            INSERT INTO api_ratelimitcounter AS counter (key, window_start, hits)
            SELECT %(key)s, start, 1 FROM clock
            ON CONFLICT (key) DO UPDATE SET
                hits = CASE WHEN counter.window_start = excluded.window_start THEN counter.hits + 1 ELSE 1 END,
                window_start = excluded.window_start
            RETURNING hits, extract(epoch FROM
                window_start + make_interval(secs => %(window)s) - statement_timestamp())
            """,
            {"key": name, "window": rule.window},
        )
        hits, wait = cursor.fetchone()
    return Verdict(hits <= rule.limit, rule.limit, rule.limit - hits, float(wait), rule.error)


def window_key(category: str, key: str) -> str:
    """Return where the requests of `key` are kept in Valkey."""
    return f"numerai:limit:{category}:{key}"


def account_key(user_id: object) -> str:
    """Return the key that counts a member, wherever the requests come from."""
    return f"user:{user_id}"


def forget_account(user_id: object) -> None:
    """Forget how often a member came, and programs with the member's keys."""
    names = [f"{category}:{key}" for category in CATEGORIES for key in (account_key(user_id), f"keys:{user_id}")]
    RateLimitCounter.objects.filter(key__in=names).delete()
    try:
        valkey.run(_FORGET, keys=[f"numerai:limit:{name}" for name in names], args=[])
    except RedisError:
        return  # They end by themselves, with their windows.


def address_key(request: Any) -> str:
    """Return the key that counts a stranger's address; keyed and hashed, since an address tells who someone is."""
    network = network_of(client_ip(request))
    return "ip:" + salted_hmac("numerai.api.limits", network, algorithm="sha256").hexdigest()[:32]


class CategoryThrottle(BaseThrottle):
    """Counts each request of a DRF view under the category that the view names by `rate_limit_category`.

    A caller that is no member may say by `limit_key` as whom it counts, and by `requests_per_minute` how much it may.
    A view whose strangers bring something better to count by than their address has a method `limit_key_of(request)`.
    Sets the X-RateLimit headers on whatever the view then answers, errors included. What the view names in
    `bring_along`, keys of Valkey, comes back in the same round trip, as `brought` of Django's
    request.
    """

    def allow_request(self, request: Request, view: Any) -> bool:
        category = view.rate_limit_category
        if category == UNLIMITED:
            return True
        bring_along = getattr(view, "bring_along", ())
        user = request.user
        if user is not None and user.is_authenticated:
            # A member under /api/ brings the tier along; any other user is asked for.
            tier = user.tier if hasattr(user, "tier") else hooks.tier_of(user.pk)
            key = getattr(user, "limit_key", None) or account_key(user.pk)
            agreed = getattr(user, "requests_per_minute", None)
            verdict = hit(category, key, tier, agreed, bring_along=bring_along)
        else:
            key_of = getattr(view, "limit_key_of", address_key)
            verdict = hit(category, key_of(request), "anonymous", bring_along=bring_along)
        if bring_along:
            request._request.brought = verdict.brought  # type: ignore[attr-defined]  # ours, on Django's request
        view.headers.update(verdict.headers())
        if not verdict.allowed:
            raise verdict.error(retry_after=verdict.retry_after)
        return True
