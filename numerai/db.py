"""Identifiers that Django and Python 3.11 cannot make yet."""

import os
import time
from uuid import UUID

from django.db.models import Func, UUIDField


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
