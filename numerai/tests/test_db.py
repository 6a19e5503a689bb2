"""Queries that are prepared once a connection."""

from __future__ import annotations

import psycopg
import pytest
from django.db import connection

from numerai.db import Query, fetch_row

ASKED = Query("SELECT %s::int + 1 AS told", (41,))


def prepared(query: Query) -> list[str]:
    """Return what the server remembers of a query that it was asked for."""
    fetch_row(query)
    with connection.cursor() as cursor:
        cursor.execute("SELECT statement FROM pg_prepared_statements WHERE statement LIKE %s", [f"%{query.sql[-9:]}"])
        return [statement for (statement,) in cursor.fetchall()]


@pytest.mark.django_db
def test_a_row_is_told_from_none() -> None:
    assert fetch_row(ASKED) == (42,)
    assert fetch_row(Query("SELECT 1 WHERE %s", (False,))) is None


@pytest.mark.django_db
def test_the_server_knows_the_query_and_only_by_its_parameters() -> None:
    assert prepared(Query("SELECT %s::int AS prepared", (1,))) == ["SELECT $1::int AS prepared"]


@pytest.mark.django_db
def test_behind_some_poolers_nothing_is_prepared(settings) -> None:
    settings.DATABASE_PREPARED_STATEMENTS = False
    assert prepared(Query("SELECT %s::int AS unwanted", (1,))) == []


@pytest.mark.django_db
def test_no_other_query_is_remembered() -> None:
    fetch_row(ASKED)
    with connection.cursor() as cursor:
        cursor.execute("SELECT 7 AS other")
    assert connection.connection.prepare_threshold is None
    assert [key for key in connection.connection._prepared._counts if b"other" in key[0]] == []


@pytest.mark.django_db
def test_it_is_counted_like_any_query(django_assert_num_queries) -> None:
    with django_assert_num_queries(1):
        fetch_row(ASKED)


@pytest.mark.django_db(transaction=True)
def test_a_column_may_change_its_type_between_two_readers() -> None:
    asked = Query("SELECT kept FROM changing WHERE kept::text = %s", ("7",))
    with connection.cursor() as cursor:
        cursor.execute("CREATE TEMP TABLE changing AS SELECT 7 AS kept")
        before = fetch_row(asked)
        cursor.execute("ALTER TABLE changing ALTER COLUMN kept TYPE text")
        after = fetch_row(asked)
        cursor.execute("DROP TABLE changing")
    assert (before, after) == ((7,), ("7",))


@pytest.mark.django_db(transaction=True)
def test_a_connection_that_has_died_since_the_last_request_is_replaced() -> None:
    connection.ensure_connection()
    info = connection.connection.info
    with psycopg.connect(info.dsn, password=connection.settings_dict["PASSWORD"]) as other:
        other.execute("SELECT pg_terminate_backend(%s, 5000)", [info.backend_pid])
    connection.close_if_unusable_or_obsolete()  # as at the beginning of a request
    assert fetch_row(ASKED) == (42,)
