"""Months of a partitioned table: made ahead, dropped when they are old.

Rows whose month has no partition land in the DEFAULT one, so that nothing is ever refused; they are moved out when
their month is made.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from django.core import checks
from django.db import DEFAULT_DB_ALIAS, connections, transaction
from psycopg import sql

MONTHS_AHEAD = 3
_LOCK_TIMEOUT = "3s"


@dataclass(frozen=True, slots=True)
class Partitioned:
    """A table that is partitioned by month on the column `key`."""

    table: str
    key: str

    @property
    def default(self) -> str:
        return f"{self.table}_default"

    def name_of(self, month: date) -> str:
        return f"{self.table}_{month:%Y_%m}"


def month_after(month: date) -> date:
    """Return the first day of the next month."""
    return (month.replace(day=1) + timedelta(days=32)).replace(day=1)


def list_months(of: Partitioned, *, using: str = DEFAULT_DB_ALIAS) -> list[date]:
    """Return the months that have a partition, oldest first."""
    with connections[using].cursor() as cursor:
        cursor.execute(
            """
            SELECT to_date(right(child.relname, 7), 'YYYY_MM') FROM pg_inherits
            JOIN pg_class AS child ON child.oid = inhrelid
            WHERE inhparent = %s::regclass AND child.relname <> %s ORDER BY 1
            """,
            [of.table, of.default],
        )
        return [row[0] for row in cursor.fetchall()]


def make_months(of: Partitioned, *, today: date) -> list[date]:
    """Make the partitions of this month and the next ones that are missing; return the months made.

    1. The DEFAULT partition is locked, so that no row of the month can arrive in it meanwhile.
    2. Rows of the month that strayed there are moved into the new table.
    3. The new table becomes a partition.
    """
    existing = set(list_months(of))
    month, made = today.replace(day=1), []
    for _ in range(MONTHS_AHEAD + 1):
        if month not in existing:
            _make(of, month)
            made.append(month)
        month = month_after(month)
    return made


def _make(of: Partitioned, month: date) -> None:
    parts = {
        "parent": sql.Identifier(of.table),
        "default": sql.Identifier(of.default),
        "child": sql.Identifier(of.name_of(month)),
        "key": sql.Identifier(of.key),
        "start": sql.Literal(month),
        "end": sql.Literal(month_after(month)),
    }
    with transaction.atomic(), connections[DEFAULT_DB_ALIAS].cursor() as cursor:
        cursor.execute("SELECT set_config('lock_timeout', %s, true)", [_LOCK_TIMEOUT])
        for statement in (
            "LOCK TABLE {default} IN ACCESS EXCLUSIVE MODE",
            "CREATE TABLE {child} (LIKE {parent} INCLUDING ALL)",
            "WITH strays AS (DELETE FROM {default} WHERE {key} >= {start} AND {key} < {end} RETURNING *)"
            " INSERT INTO {child} SELECT * FROM strays",
            "ALTER TABLE {parent} ATTACH PARTITION {child} FOR VALUES FROM ({start}) TO ({end})",
        ):
            cursor.execute(sql.SQL(statement).format(**parts).as_string(None))


def drop_months(of: Partitioned, *, today: date, keep: timedelta) -> list[date]:
    """Drop the partitions whose last day is longer ago than `keep`, and strays as old; return the months dropped."""
    oldest = today - keep
    dropped = [month for month in list_months(of) if month_after(month) <= oldest]
    for month in dropped:
        with transaction.atomic(), connections[DEFAULT_DB_ALIAS].cursor() as cursor:
            cursor.execute("SELECT set_config('lock_timeout', %s, true)", [_LOCK_TIMEOUT])
            cursor.execute(sql.SQL("DROP TABLE {}").format(sql.Identifier(of.name_of(month))).as_string(None))
    with connections[DEFAULT_DB_ALIAS].cursor() as cursor:
        cursor.execute(
            sql.SQL("DELETE FROM {} WHERE {} < %s")
            .format(sql.Identifier(of.default), sql.Identifier(of.key))
            .as_string(None),
            [oldest],
        )
    return dropped


def analyse(of: Partitioned) -> None:
    """Tell the planner what is in the table as a whole: autovacuum looks at the months only, never at their parent."""
    with connections[DEFAULT_DB_ALIAS].cursor() as cursor:
        cursor.execute(sql.SQL("ANALYZE ONLY {}").format(sql.Identifier(of.table)).as_string(None))


def count_strays(of: Partitioned, *, using: str = DEFAULT_DB_ALIAS, most: int | None = None) -> int:
    """Return how many rows lie in the DEFAULT partition, counted up to `most`."""
    with connections[using].cursor() as cursor:
        strays = sql.SQL("SELECT count(*) FROM (SELECT FROM {} LIMIT %s) AS stray").format(sql.Identifier(of.default))
        cursor.execute(strays.as_string(None), [most])
        count: int = cursor.fetchone()[0]
        return count


def warn_of_strays(of: Partitioned, *, databases: Sequence[str] | None, hint: str, code: str) -> list[checks.Warning]:
    """Return a warning for each database whose DEFAULT partition holds rows: partitions were not made ahead."""
    found = []
    for alias in databases or ():
        if connections[alias].vendor != "postgresql":
            continue
        with connections[alias].cursor() as cursor:
            cursor.execute("SELECT to_regclass(%s) IS NOT NULL", [of.default])
            is_migrated = cursor.fetchone()[0]
        if is_migrated and count_strays(of, using=alias):
            message = f"{of.default} holds rows that belong into a month of their own."
            found.append(checks.Warning(message, hint=hint, id=code))
    return found
