"""Members by the hundred thousand, for benchmarks and drills: copies of one, each with a birthday and a zone."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.db import connection

# One more birthday every member, and an hour of its own for each zone, at which all are due at the same instant.
ZONES = (
    "UTC", "Europe/Lisbon", "Europe/Berlin", "Europe/Kyiv", "Asia/Kolkata", "Asia/Kathmandu", "Asia/Tokyo",
    "Australia/Adelaide", "Pacific/Chatham", "America/Sao_Paulo", "America/St_Johns", "America/New_York",
    "America/Chicago", "America/Denver", "America/Los_Angeles", "Pacific/Honolulu",
)  # fmt: skip
OPTION_SETS = ("calendar", "calendar-11-22", "birthday", "birthday-11-22")
_ID = "('01890000-0000-7000-8000-' || lpad(to_hex(n), 12, '0'))::uuid"
_PROFILE_ID = "('01890000-0000-7000-9000-' || lpad(to_hex(n), 12, '0'))::uuid"
_BIRTHDAY = "(date '2000-01-01' + (n * 37 %% 366)::int)"


def make_members(first: int, last: int, *, due_at: datetime, zones: Sequence[str] = ZONES) -> None:
    """Make the proven members of these numbers, with a primary profile and a schedule: all due at one instant."""
    from authentication.models import User
    from core.models import NumerologyProfile, ReadingSchedule
    from core.services.profiles import create_profile

    inputs = {"birth_name": "Ada Lovelace", "birth_date": "1815-12-10", "label": "Ada", "relation": "self"}
    model = User.objects.create_user(f"model{first}@example.com", None)
    profile = create_profile(user_id=model.pk, inputs=inputs, now=datetime.now(UTC))
    # Copied, and not among those who are due.
    ReadingSchedule.objects.filter(pk=model.pk).update(next_reading_at=None, next_reading_on=None)
    local = [due_at.astimezone(ZoneInfo(zone)) for zone in zones]
    given = {
        "first": first,
        "last": last,
        "model": model.pk,
        "profile": profile.pk,
        "zones": list(zones),
        "times": [at.time() for at in local],
        "days": [at.date() for at in local],
        "options": list(OPTION_SETS),
        "due_at": due_at,
        "until": due_at.date() + timedelta(days=400),
    }
    zone = f"1 + n %% {len(zones)}"
    with connection.cursor() as cursor:
        _copy(cursor, User, "%(model)s", given, {"id": _ID, "email": "'m' || n || '@example.com'"})
        changed = {
            "id": _PROFILE_ID,
            "user_id": _ID,
            "birth_month": f"extract(month FROM {_BIRTHDAY})",
            "birth_day": f"extract(day FROM {_BIRTHDAY})",
            "life_path": "1 + n %% 9",
            "essence_until": "%(until)s",
            "option_set": f"(%(options)s::text[])[1 + n / 7 %% {len(OPTION_SETS)}]",
        }
        _copy(cursor, NumerologyProfile, "%(profile)s", given, changed)
        changed = {
            "user_id": _ID,
            "time_zone": f"(%(zones)s::text[])[{zone}]",
            "reading_time": f"(%(times)s::time[])[{zone}]",
            "next_reading_on": f"(%(days)s::date[])[{zone}]",
            "next_reading_at": "%(due_at)s",
            "last_reading_on": "NULL",
        }
        _copy(cursor, ReadingSchedule, "%(model)s", given, changed)
        cursor.execute("ANALYZE")


def member_ids(every: int) -> str:
    """Return a statement for the ids, as `user_id`, of every so many of the members from %(first)s to %(last)s."""
    return f"SELECT {_ID} AS user_id FROM generate_series(%(first)s, %(last)s) AS n WHERE n %% {every} = 0"  # noqa: S608


def _copy(cursor: Any, model: Any, pk: str, given: dict[str, Any], changed: dict[str, str]) -> None:
    """Copy a row, with some columns changed; `n` is the number of each copy."""
    columns = [field.column for field in model._meta.concrete_fields]
    values = ", ".join(changed.get(column, f"one.{column}") for column in columns)
    table = model._meta.db_table
    cursor.execute(
        f"INSERT INTO {table} ({', '.join(columns)}) SELECT {values} FROM {table} AS one,"  # noqa: S608 - names of models
        f" generate_series(%(first)s, %(last)s) AS n WHERE one.{model._meta.pk.column} = {pk}",
        given,
    )
