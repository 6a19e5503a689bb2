"""How often keys are used: counted in Valkey at each request, written down once a minute.

One hash a day holds the count of every key. Writing it down takes the greater of what is stored and what was counted,
so that it may be done twice, or by two workers at once. If Valkey loses its memory the rest of that day is counted only
as far as it exceeds what was written; while it cannot be asked, requests pass uncounted.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta
from uuid import UUID

from django.db import connection
from redis.exceptions import RedisError

from numerai.api import valkey

_KEPT_SECONDS = 3 * 24 * 3600
_COUNT = """
redis.call('HINCRBY', KEYS[1], ARGV[1], 1)
redis.call('EXPIRE', KEYS[1], ARGV[2])
"""
_READ = "return redis.call('HGETALL', KEYS[1])"
# A key whose account was erased since is counted no more.
_WRITE = """
INSERT INTO authentication_apikeyusage AS stored (api_key_id, day, requests)
SELECT counted.id, %(day)s, counted.requests
FROM unnest(%(ids)s::uuid[], %(counts)s::bigint[]) AS counted (id, requests)
JOIN authentication_apikey USING (id)
ON CONFLICT (api_key_id, day) DO UPDATE SET requests = excluded.requests WHERE stored.requests < excluded.requests
"""


def count_request(key_id: UUID, *, now: datetime) -> None:
    """Count one request of a key."""
    try:
        valkey.run(_COUNT, keys=[_name(now.date())], args=[str(key_id), _KEPT_SECONDS])
    except RedisError:
        return  # The fuse has written its line.


def write_counts(*, now: datetime) -> None:
    """Write down the counts of today and yesterday. Safe to run twice. Raises RedisError."""
    for day in (now.date() - timedelta(days=1), now.date()):
        fields = [field.decode() for field in valkey.run(_READ, keys=[_name(day)], args=[])]
        if fields:
            with connection.cursor() as cursor:
                cursor.execute(_WRITE, {"day": day, "ids": fields[::2], "counts": list(map(int, fields[1::2]))})


def _name(day: date) -> str:
    return f"numerai:api-key-usage:{day.isoformat()}"
