"""The key numbers of primary profiles: the columns that SQL reads, made from the encrypted inputs."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

import structlog
from django.db import connection, transaction
from django.db.models import Q

from core.models import NumerologyProfile
from core.models.profiles import KEY_COLUMNS
from core.numerology import ENGINE_VERSION, BirthChart, EngineError
from core.numerology.dates import birthday_in, had_birthday
from core.numerology.day_table import option_key
from core.numerology.transits import years_left
from core.selectors.profiles import chart_day, chart_of
from numerai.crypto import CryptoError

logger = structlog.get_logger("core.key_numbers")

BATCH = 500
# The calendar is at most this far ahead of UTC.
_EASTMOST = timedelta(hours=14)


def key_numbers(chart: BirthChart) -> dict[str, Any]:
    """Return the key columns of a chart that was made for a day.

    >>> from core.numerology import birth_chart
    >>> chart = birth_chart("Thomas Cruise Mapother IV", "1962-07-03", on="1982-07-03")
    >>> numbers = key_numbers(chart)
    >>> numbers["life_path"], numbers["essence"], numbers["essence_until"]
    (1, 1, datetime.date(1983, 7, 3))
    """
    if chart.essence is None or chart.on is None or chart.age is None:
        raise ValueError("key numbers are those of a day; make the chart for one")
    born = chart.birth_date
    return {
        "birth_month": born.month,
        "birth_day": born.day,
        "life_path": chart.life_path.value,
        "expression": chart.expression.value,
        "soul_urge": chart.soul_urge.value if chart.soul_urge else None,
        "personality": chart.personality.value if chart.personality else None,
        "option_set": option_key(chart.options),
        "essence": chart.essence.value,
        "essence_until": _next_transit(chart, chart.on, chart.age),
        "engine_version": ENGINE_VERSION,
    }


def _next_transit(chart: BirthChart, on: date, age: int) -> date:
    """Return the birthday on which one of the transit letters gives way to the next."""
    years = min(years_left(row, age, chart.options.age_base) for row in chart.transit_rows if row is not None)
    born = chart.birth_date
    last_birthday = on.year if had_birthday(born.month, born.day, on) else on.year - 1
    return birthday_in(last_birthday + years, born)


def clear_key_numbers(profile: NumerologyProfile) -> None:
    """Take the key numbers off a profile that is no longer the primary one; the caller saves."""
    for name in KEY_COLUMNS:
        setattr(profile, name, None)


def write_key_numbers(profile: NumerologyProfile, chart: BirthChart) -> None:
    """Put the key numbers of a chart on a profile; the caller saves."""
    for name, value in key_numbers(chart).items():
        setattr(profile, name, value)


def refresh_key_numbers(*, now: datetime, batch: int = BATCH) -> int:
    """Make anew the key numbers of an older engine, and every essence that has run out; return how many were.

    In batches, each in a transaction of its own, and safe to run twice or twice at once: a row that somebody else
    holds is left to them. A row that cannot be opened or calculated is named in the log and left as it is.
    """
    latest = (now + _EASTMOST).date()
    is_stale = ~Q(engine_version=ENGINE_VERSION) | Q(essence_until__lte=latest)
    refreshed, after = 0, UUID(int=0)
    while True:
        with transaction.atomic():
            rows = list(
                NumerologyProfile.objects.filter(is_stale, is_primary=True, pk__gt=after)
                .select_related("user")
                .select_for_update(of=("self",), skip_locked=True)
                .order_by("pk")[:batch]
            )
            changed = [row for row in rows if _refresh(row, now)]
            _store(changed)
        refreshed += len(changed)
        if len(rows) < batch:
            return refreshed
        after = rows[-1].pk


def _store(profiles: list[NumerologyProfile]) -> None:
    """Write the key columns of many rows. psycopg sends them in one go; bulk_update would compile a CASE for each."""
    columns = ", ".join(f"{name} = %s" for name in KEY_COLUMNS)
    rows = [(*(getattr(profile, name) for name in KEY_COLUMNS), profile.pk) for profile in profiles]
    with connection.cursor() as cursor:
        cursor.executemany(f"UPDATE core_numerologyprofile SET {columns} WHERE id = %s", rows)  # noqa: S608


def _refresh(profile: NumerologyProfile, now: datetime) -> bool:
    """Write the key numbers of the member's today; return whether any changed."""
    before = [getattr(profile, name) for name in KEY_COLUMNS]
    try:
        today = chart_day(profile, now=now, zone=profile.user.time_zone)
        write_key_numbers(profile, chart_of(profile, on=today, explain=False))
    except (CryptoError, EngineError) as error:
        logger.warning("key numbers cannot be refreshed", profile_id=str(profile.pk), error=type(error).__name__)
        return False
    return before != [getattr(profile, name) for name in KEY_COLUMNS]
