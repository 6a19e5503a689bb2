"""Database functions that Django does not have yet."""

from django.db.models import Func, UUIDField


class UUIDv7(Func):
    """PostgreSQL 18's uuidv7(): a time-ordered identifier, made by the database. Use as `db_default=UUIDv7()`."""

    function = "uuidv7"
    arity = 0
    output_field = UUIDField()
