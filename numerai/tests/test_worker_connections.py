"""A worker keeps its connection to the database from task to task, and outlives the database's restart."""

from __future__ import annotations

from collections.abc import Iterator

import psycopg
import pytest
from celery import Task
from django.db import OperationalError, connection

from numerai.celery import app

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def backend() -> Iterator[Task]:
    """A task that returns which connection of the database it has."""

    @app.task(name="test.backend")
    def ask() -> int:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_backend_pid()")
            return int(cursor.fetchone()[0])

    yield ask
    app.tasks.unregister("test.backend")


def run(task: Task) -> int:
    return int(task.apply(throw=True).get())


def end_connection(pid: int) -> None:
    with psycopg.connect(**connection.get_connection_params(), autocommit=True) as other:
        other.execute("SELECT pg_terminate_backend(%s)", [pid])


def test_tasks_share_a_connection(backend: Task):
    assert run(backend) == run(backend)


def test_a_task_after_the_database_ended_the_connection_gets_a_new_one(backend: Task):
    first = run(backend)
    end_connection(first)
    assert run(backend) != first


def test_a_task_after_one_that_failed_for_it_gets_a_new_one(backend: Task):
    first = run(backend)
    end_connection(first)
    with pytest.raises(OperationalError), connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    assert run(backend) != first
