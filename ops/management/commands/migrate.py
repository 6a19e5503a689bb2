"""Django's migrate, under a lock: several processes of one deploy may start it at the same moment."""

from __future__ import annotations

from typing import Any

import psycopg
from django.core.management.commands import migrate
from django.db import connections

# Any fixed number will do; it names the lock in the database's own list.
LOCK = 0x6E756D65726169


class Command(migrate.Command):
    def handle(self, *args: Any, **options: Any) -> None:
        """Wait for the lock, lift the time limits of ordinary statements, migrate."""
        connection = connections[options["database"]]
        parameters = connection.get_connection_params()
        parameters.pop("cursor_factory", None)
        parameters.pop("context", None)
        # A connection of its own: the lock must outlive whatever the migrations do to theirs.
        with psycopg.connect(**parameters, autocommit=True) as lock:
            lock.execute("SET statement_timeout = 0")
            lock.execute("SELECT pg_advisory_lock(%s)", [LOCK])
            with connection.cursor() as cursor:
                cursor.execute("SET statement_timeout = 0")
            try:
                super().handle(*args, **options)
            finally:
                connection.close()
