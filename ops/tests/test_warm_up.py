"""A process reads the texts before it takes work: shown by locking their tables, where a late reader would hang."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest
import redis
from django.conf import settings

from core.selectors.content import VERSION_KEY
from notifications import queues
from numerai import warm_up
from ops.management.commands.create_demo_accounts import MEMBER
from ops.tests.conftest import ROOT, get
from ops.tests.embedded.conftest import wait_for

A_LETTER_WITHOUT_TEXTS = """
from datetime import date
from notifications.kinds import Channel, Kind
from notifications.services import queue_delivery
queue_delivery(kind=Kind.ACCOUNT_ERASED, channel=Channel.EMAIL, user_id=None, address="ada@example.org", subject="1",
    due_on=date.today(), payload={})
"""
TEXT = "/api/v1/numerology/interpretations/life_path/7"


def run(database_url: str, *arguments: str) -> None:
    subprocess.run(
        [sys.executable, str(ROOT / "manage.py"), *arguments],
        env={**os.environ, "DATABASE_URL": database_url}, check=True, capture_output=True,
    )  # fmt: skip


@pytest.fixture(scope="module")
def with_texts(database_url: str) -> str:
    run(database_url, "load_content", "--verbosity=0")
    run(database_url, "create_demo_accounts")
    return database_url


@pytest.fixture(autouse=True)
def _no_version_of_another_database() -> Iterator[None]:
    yield
    with redis.Redis.from_url(settings.REDIS_URL) as client:
        client.delete(VERSION_KEY)


@contextmanager
def texts_out_of_reach(database_url: str) -> Iterator[None]:
    """Lock every table of texts: whoever reads one waits until this is over."""
    tables = "core_contentstate, core_contentedition, core_contententry, core_contentversion"
    with psycopg.connect(database_url) as holder:
        holder.execute(f"LOCK TABLE {tables} IN ACCESS EXCLUSIVE MODE")
        yield
        holder.rollback()


@pytest.mark.parametrize("role", ["api", "stream", "all"])
def test_the_first_request_after_ready_asks_the_database_for_no_text(serve: Any, with_texts: str, role: str):
    url = serve(role)
    wait_for(lambda: get(f"{url}/health/ready")[0] == 200)
    with texts_out_of_reach(with_texts):
        status, body = get(url + TEXT)
    assert (status, json.loads(body)["data"]["number"]) == (200, 7)


def test_a_process_that_could_not_read_the_texts_is_not_ready_until_it_could(serve: Any, with_texts: str):
    with texts_out_of_reach(with_texts):
        url = serve("api")
        wait_for(lambda: get(f"{url}/health/live")[0] == 200)
        status, body = get(f"{url}/health/ready")
    checks = json.loads(body)["checks"]
    assert (status, checks["database"]["status"], checks["warm_up"]) == (503, "ok", {"status": "failing"})
    wait_for(lambda: get(f"{url}/health/ready")[0] == 200)


def test_a_worker_sends_its_first_reading_without_asking_for_a_text(serve: Any, with_texts: str, tmp_path: Path):
    run(with_texts, "send_reading_now", MEMBER)
    run(with_texts, "shell", "-c", A_LETTER_WITHOUT_TEXTS)
    put_off(with_texts, timedelta(hours=1))
    with redis_broker() as broker:
        broker.flushdb()
    serve("worker", OUTBOX_FOLDER=str(tmp_path))
    queues.wake(queues.ORDINARY)
    wait_for(lambda: list(tmp_path.iterdir()))
    assert len(list(tmp_path.iterdir())) == 1, "the only child has worked, and has not yet needed a text"
    with texts_out_of_reach(with_texts):
        put_off(with_texts, timedelta(0))
        queues.wake(queues.ORDINARY)
        wait_for(lambda: len(list(tmp_path.iterdir())) == 2)


def put_off(database_url: str, by: timedelta) -> None:
    """Have the reading sent so much later than now."""
    with psycopg.connect(database_url) as database:
        moved = database.execute(
            "UPDATE notifications_delivery SET send_at = now() + %s WHERE kind = 'daily_reading'", [by]
        )
        assert moved.rowcount == 1


def redis_broker() -> Any:
    url = settings.CELERY_BROKER_URL.replace("redis+socket://", "unix://").replace("virtual_host=", "db=")
    return redis.Redis.from_url(url)


@pytest.fixture
def steps(monkeypatch: pytest.MonkeyPatch) -> dict[str, Callable[[], None]]:
    """What is read in this test, instead of what the apps registered."""
    steps: dict[str, Callable[[], None]] = {}
    monkeypatch.setattr(warm_up, "_steps", steps)
    monkeypatch.setattr(warm_up, "_done", set())
    return steps


def test_each_step_is_done_once_and_what_failed_is_tried_again(steps: dict[str, Callable[[], None]]):
    calls: list[str] = []
    problems = [OSError("not yet")]

    def fail_once() -> None:
        calls.append("second")
        if problems:
            raise problems.pop()

    warm_up.register("first", lambda: calls.append("first"))
    warm_up.register("second", fail_once)
    warm_up.before_work()
    assert not warm_up.is_warm()
    warm_up.warm_up()
    warm_up.warm_up()
    assert warm_up.is_warm()
    assert calls == ["first", "second", "second"]


def test_a_second_step_of_one_name_is_a_mistake(steps: dict[str, Callable[[], None]]):
    warm_up.register("texts", list)
    with pytest.raises(ValueError, match="texts"):
        warm_up.register("texts", dict)


def test_a_step_that_hangs_does_not_keep_a_process_from_starting(
    steps: dict[str, Callable[[], None]], monkeypatch: pytest.MonkeyPatch
):
    release = threading.Event()
    monkeypatch.setattr(warm_up, "_PATIENCE", 0.05)
    warm_up.register("hangs", lambda: release.wait(30) and None)
    warm_up.before_work()
    assert not warm_up.is_warm()
    release.set()
    wait_for(warm_up.is_warm)
