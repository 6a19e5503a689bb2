"""Several senders at once, one that is killed, and codes while everything else is busy: real processes."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
import redis
from django.conf import settings as project_settings
from django.core.cache import cache
from django.db import connection

from notifications import queues
from notifications.claims import LEASE, database_now
from notifications.kinds import Kind
from notifications.models import State
from notifications.sender import send_due
from notifications.tests.conftest import MailServer, wait_for
from notifications.tests.factories import queue, states, the_delivery

pytestmark = pytest.mark.django_db(transaction=True)
ROOT = Path(__file__).resolve().parents[2]
SEND = "import django; django.setup(); from notifications.sender import send_due; print(send_due(queue='urgent').sent)"


def queue_many(count: int) -> None:
    for number in range(count):
        queue(subject=str(number), address=f"{number}@example.org")


@pytest.fixture
def start(mail_server: MailServer) -> Iterator[Callable[..., subprocess.Popen[bytes]]]:
    """Return a starter of Python processes that share this test's database and mail server."""
    url = os.environ["DATABASE_URL"].replace("/numerai_template?", f"/{connection.settings_dict['NAME']}?")
    environment = {
        **os.environ,
        "DATABASE_URL": url,
        "EMAIL_BACKEND": "smtp",
        "EMAIL_FROM": "NumerAI <no-reply@numerai.test>",
        "EMAIL_HOST": "127.0.0.1",
        "EMAIL_PORT": str(mail_server.port),
        "EMAIL_USE_TLS": "off",
        "EMAIL_TIMEOUT": "30",
        "EMAIL_CONNECTIONS": "1",
    }
    started = []

    def run(*arguments: str, **more: str) -> subprocess.Popen[bytes]:
        command = [sys.executable, *arguments]
        started.append(subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, env={**environment, **more}))
        return started[-1]

    yield run
    mail_server.release.set()
    for process in started:
        if process.poll() is None:
            process.terminate()
        process.communicate(timeout=30)


@pytest.fixture
def empty_queues() -> Iterator[None]:
    with redis.Redis.from_url(project_settings.REDIS_URL) as client, redis_broker() as broker:
        client.flushdb()
        broker.flushdb()
        yield
        broker.flushdb()


def redis_broker() -> Any:
    url = project_settings.CELERY_BROKER_URL.replace("redis+socket://", "unix://").replace("virtual_host=", "db=")
    return redis.Redis.from_url(url)


def test_four_threads_send_each_delivery_once(mail_server: MailServer):
    queue_many(40)

    def send(_: int) -> int:
        try:
            return send_due(queue=queues.URGENT, limit=7).sent
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        sent = sum(pool.map(send, range(12)))
    assert sent == 40
    assert Counter(mail_server.recipients) == Counter(f"{number}@example.org" for number in range(40))


def test_two_processes_send_each_delivery_once(mail_server: MailServer, start: Callable[..., subprocess.Popen[bytes]]):
    queue_many(20)
    senders = [start("-c", SEND), start("-c", SEND)]
    printed = [int(process.communicate(timeout=60)[0].splitlines()[-1]) for process in senders]
    assert sum(printed) == 20
    assert Counter(mail_server.recipients) == Counter(f"{number}@example.org" for number in range(20))


def test_what_a_killed_sender_leaves_is_sent_after_its_lease(
    mail_server: MailServer, start: Callable[..., subprocess.Popen[bytes]]
):
    queue_many(6)
    mail_server.stalls = lambda mail: mail["To"] == "3@example.org"
    process = start("-c", SEND)
    assert mail_server.reached.wait(60)
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    assert states() == [State.SENDING] * 6
    before = mail_server.recipients.copy()
    assert 0 < len(before) < 6

    mail_server.stalls = lambda mail: False
    assert send_due(queue=queues.URGENT).sent == 0
    assert send_due(queue=queues.URGENT, now=database_now() + LEASE).sent == 6
    assert states() == [State.SENT] * 6
    by_message = {mail["Message-ID"] for mail in mail_server.accepted}
    assert len(by_message) == 6, "a repeat must be recognisable as the same message"


def test_a_code_is_sent_within_seconds_while_the_other_workers_are_busy_and_their_queue_is_long(
    mail_server: MailServer, start: Callable[..., subprocess.Popen[bytes]], empty_queues: None
):
    mail_server.stalls = lambda mail: "account is ready" in mail["Subject"]
    queue(Kind.WELCOME, expires_at=None)
    start("manage.py", "serve", "--role", "worker", "--processes", "1")
    start("manage.py", "serve", "--role", "worker-urgent", "--processes", "1")
    wait_for(lambda: cache.get("heartbeat:worker_urgent"))
    queues.wake(queues.ORDINARY)
    assert mail_server.reached.wait(60), "the ordinary worker holds on to a server that does not answer"
    for _ in range(500):
        queues.wake(queues.ORDINARY)

    asked_at = time.monotonic()
    queue(address="waiting@example.org")
    wait_for(lambda: "waiting@example.org" in mail_server.recipients, seconds=20)
    assert time.monotonic() - asked_at < 5
    with redis_broker() as broker:
        assert broker.llen("numerai:celery:celery") >= 400


def test_queueing_wakes_the_urgent_sender_when_it_is_committed(empty_queues: None):
    queue()
    with redis_broker() as broker:
        assert broker.llen("numerai:celery:urgent") == 1


@pytest.mark.parametrize(
    "more", [{"kind": Kind.WELCOME}, {"user_id": None, "subject": "again"}], ids=["other", "known"]
)
def test_what_is_not_urgent_or_not_new_wakes_nobody(empty_queues: None, more: dict[str, Any]):
    queue(subject="again", user_id=None)
    with redis_broker() as broker:
        before = broker.llen("numerai:celery:urgent")
        queue(**more)
        assert broker.llen("numerai:celery:urgent") == before


def test_a_broker_that_is_down_refuses_no_delivery(start: Callable[..., subprocess.Popen[bytes]]):
    script = "import django; django.setup(); from notifications.tests.factories import queue; print(queue())"
    process = start("-c", script, CELERY_BROKER_URL="redis://127.0.0.1:1/0")
    assert process.communicate(timeout=30)[0].splitlines()[-1] == b"True"
    assert the_delivery().state == State.QUEUED
