"""What Django and Python 3.11 cannot do yet: time-ordered identifiers, and queries that are prepared once."""

from __future__ import annotations

import os
import time
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import DEFAULT_DB_ALIAS, NotSupportedError, connections
from django.db.backends.postgresql.base import ServerBindingCursor
from django.db.models import Func, UUIDField

Row = tuple[Any, ...]


class UUIDv7(Func):
    """PostgreSQL 18's uuidv7(): a time-ordered identifier, made by the database. Use as `db_default=UUIDv7()`."""

    function = "uuidv7"
    arity = 0
    output_field = UUIDField()


def uuid7() -> UUID:
    """Return a time-ordered identifier made in Python (RFC 9562, version 7).

    For tables whose rows are encrypted: the row's id is part of what is authenticated, so it must be known before the
    row is written (numerai/crypto.py). Use as `default=uuid7`; elsewhere let the database make it.
    """
    random = int.from_bytes(os.urandom(10), "big")
    milliseconds = time.time_ns() // 1_000_000
    return UUID(int=milliseconds << 80 | 7 << 76 | (random >> 68) << 64 | 0b10 << 62 | (random & (1 << 62) - 1))


@dataclass(frozen=True, slots=True)
class Query:
    """A query and what it is asked with."""

    sql: str
    parameters: tuple[Any, ...]


def fetch_row(query: Query) -> Row | None:
    """Return the first row of a query that is asked very often, or None.

    The server parses and plans it once a connection and then knows it by name: what a small query costs is mostly
    that, and writing its parameters into the text. DATABASE_PREPARED_STATEMENTS turns this off.
    """
    database = connections[DEFAULT_DB_ALIAS]
    database.close_if_health_check_failed()
    try:
        return _fetch_row(database, query)
    except NotSupportedError:
        # A migration has changed the type of a column meanwhile: the plan is refused, until it is made anew.
        if database.in_atomic_block:
            raise
        _fetch_row(database, Query("DEALLOCATE ALL", ()))
        return _fetch_row(database, query)


def _fetch_row(database: Any, query: Query) -> Row | None:
    database.ensure_connection()
    session = database.connection
    # Django's own cursor writes the parameters into the text, which cannot be prepared; this one sends them beside it.
    # Wrapped by Django all the same, so that errors are Django's and queries are counted.
    with database._prepare_cursor(ServerBindingCursor(session)) as cursor:  # type: ignore[call-arg]  # psycopg's own
        # Only here: with a threshold, psycopg would remember the texts of all other queries, long ones too.
        session.prepare_threshold = 0 if settings.DATABASE_PREPARED_STATEMENTS else None
        try:
            cursor.execute(query.sql, query.parameters)
        finally:
            session.prepare_threshold = None
        row: Row | None = cursor.fetchone() if cursor.rowcount > 0 else None
        return row
