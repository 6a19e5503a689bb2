"""Looks for what is left of a member: in every column of every table that could hold it.

The tables and columns are asked of the database itself, so that none is missed because nobody listed it. Identifiers
are compared as such; text, JSON, arrays and bytes are searched for the id, the addresses and the keyed hashes of both.
What is encrypted, or encoded like the admin's sessions, cannot be searched; such rows are found by the id beside them.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from uuid import UUID

from django.db import connection
from psycopg import sql

# The audit log holds ids only, and keeps them (docs/decisions/0007-accounts-and-sessions.md); a request's id is chosen
# by the client, who may have chosen their own.
KEPT = frozenset({("authentication_auditevent", name) for name in ("actor_id", "subject_id", "request_id")})
# Every table is read once: more than a request may take, but this is the timetable's work.
_TIMEOUT = "15min"
# A word is found as a whole only: bob@example.com is no trace of bob in rob.bob@example.com.
_BEFORE, _AFTER = "(?:^|[^a-z0-9._%+-])", "(?:$|[^a-z0-9.-]|[.-](?:$|[^a-z0-9]))"

_COLUMNS = """
SELECT class.relname, attribute.attname, type.typname
FROM pg_class AS class
JOIN pg_attribute AS attribute ON attribute.attrelid = class.oid
JOIN pg_type AS type ON type.oid = attribute.atttypid
WHERE class.relnamespace = current_schema()::regnamespace AND class.relkind IN ('r', 'p') AND NOT class.relispartition
    AND attribute.attnum > 0 AND NOT attribute.attisdropped
    AND (type.typcategory IN ('S', 'A') OR type.typname IN ('uuid', 'json', 'jsonb', 'bytea', 'inet', 'xml'))
ORDER BY 1, 2
"""


@dataclass(frozen=True, slots=True)
class Traces:
    """What tells of a member: the id, and words such as addresses and their keyed hashes."""

    user_id: UUID
    words: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Findings:
    """How much was searched, and how many rows were found where: {"table.column": rows}."""

    tables: int
    columns: int
    remains: dict[str, int]


def list_columns() -> dict[str, dict[str, str]]:
    """Return {table: {column: type}} of every column that could hold a trace."""
    found: dict[str, dict[str, str]] = {}
    with connection.cursor() as cursor:
        cursor.execute(_COLUMNS)
        for table, column, kind in cursor.fetchall():
            if (table, column) not in KEPT:
                found.setdefault(table, {})[column] = kind
    return found


def list_members() -> list[UUID]:
    """Return the ids of everybody of whom any table knows: the accounts, and what `user_id` names anywhere."""
    places = [(table, "user_id") for table, kinds in list_columns().items() if kinds.get("user_id") == "uuid"]
    queries = [
        sql.SQL("SELECT {} FROM {}").format(sql.Identifier(column), sql.Identifier(table))
        for table, column in [("authentication_user", "id"), *places]
    ]
    with connection.cursor() as cursor:
        cursor.execute(sql.SQL(" UNION ").join(queries).as_string(None))
        return [user_id for (user_id,) in cursor.fetchall() if user_id is not None]


def find(traces: Traces) -> Findings:
    """Search everything. Inside a transaction, in which the time limit of statements is raised."""
    columns = list_columns()
    remains: dict[str, int] = {}
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('statement_timeout', %s, true)", [_TIMEOUT])
        for table, kinds in columns.items():
            remains |= _search(cursor, table, kinds, traces)
    return Findings(
        tables=len(columns),
        columns=sum(map(len, columns.values())),
        remains={place: rows for place, rows in remains.items() if rows},
    )


def _search(cursor: object, table: str, kinds: dict[str, str], traces: Traces) -> dict[str, int]:
    """Return how many rows of a table hold a trace, by column; identifiers one by one, for there may be an index."""
    found: dict[str, int] = {}
    for column in (name for name, kind in kinds.items() if kind == "uuid"):
        statement = sql.SQL("SELECT count(*) FROM {} WHERE {} = %s").format(
            sql.Identifier(table), sql.Identifier(column)
        )
        found[f"{table}.{column}"] = _row(cursor, statement, [traces.user_id])[0]
    texts = [name for name, kind in kinds.items() if kind != "uuid"]
    if texts:
        readable = {True: sql.SQL("encode({}, 'escape')"), False: sql.SQL("{}::text")}
        counts = [
            sql.SQL("count(*) FILTER (WHERE lower({}) ~ %s)").format(
                readable[kinds[name] == "bytea"].format(sql.Identifier(name))
            )
            for name in texts
        ]
        statement = sql.SQL("SELECT {} FROM {}").format(sql.SQL(", ").join(counts), sql.Identifier(table))
        rows = _row(cursor, statement, [_pattern(traces)] * len(texts))
        found |= {f"{table}.{name}": rows[position] for position, name in enumerate(texts)}
    return found


def _row(cursor: object, statement: sql.Composed, values: list[object]) -> tuple[int, ...]:
    cursor.execute(statement.as_string(None), values)  # type: ignore[attr-defined]  # Django's wrapper
    return cursor.fetchone()  # type: ignore[attr-defined,no-any-return]


def _pattern(traces: Traces) -> str:
    """Return a regular expression of PostgreSQL that finds any of the words."""
    words = {str(traces.user_id), traces.user_id.hex, *(word.lower() for word in traces.words if word)}
    return f"{_BEFORE}(?:{'|'.join(re.escape(word) for word in sorted(words))}){_AFTER}"
