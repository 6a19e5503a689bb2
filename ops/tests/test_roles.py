"""Each process role starts as a command, serves, and stops with nothing left behind."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.error import HTTPError
from urllib.request import urlopen

import psycopg
import pytest
from psycopg import sql

from ops.embedded.processes import spawn
from ops.tests.embedded.conftest import free_port, wait_for

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def database_url() -> Iterator[str]:
    """A migrated database of this module's own: the template must have no visitors while others are copied from it."""
    template_url = os.environ["DATABASE_URL"]
    name = f"roles_{os.getpid()}"
    admin_url = template_url.replace("/numerai_template?", "/postgres?")
    with psycopg.connect(admin_url, autocommit=True) as admin:
        admin.execute(sql.SQL("CREATE DATABASE {} TEMPLATE numerai_template").format(sql.Identifier(name)))
    yield template_url.replace("/numerai_template?", f"/{name}?")
    with psycopg.connect(admin_url, autocommit=True) as admin:
        admin.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


@pytest.fixture
def serve(database_url: str) -> Iterator[Callable[..., str]]:
    """Return a starter of one role; it answers the role's address. What it starts is ended at the end."""
    started: list[subprocess.Popen[bytes]] = []

    def start(role: str, **env: str) -> str:
        port = free_port()
        command = [sys.executable, str(ROOT / "manage.py"), "serve", "--role", role, "--port", str(port)]
        environment = {**os.environ, "DATABASE_URL": database_url, **env}
        started.append(spawn([*command, "--processes", "1"], stdout=subprocess.DEVNULL, env=environment))
        return f"http://127.0.0.1:{port}"

    start.processes = started
    yield start
    for process in started:
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=20) is not None
        with pytest.raises(ProcessLookupError):
            os.killpg(process.pid, 0)


def get(url: str) -> tuple[int, bytes]:
    try:
        with urlopen(url, timeout=10) as answer:
            return answer.status, answer.read()
    except HTTPError as error:
        return error.code, error.read()
    except OSError:
        return 0, b""


@pytest.fixture
def silent_server() -> Iterator[int]:
    """A port that takes connections and never says a word: a backend that hangs."""
    listener = socket.create_server(("127.0.0.1", 0))
    taken = []

    def accept() -> None:
        while True:
            try:
                taken.append(listener.accept()[0])
            except OSError:
                return

    threading.Thread(target=accept, daemon=True).start()
    yield listener.getsockname()[1]
    listener.close()
    for connection in taken:
        connection.close()


@pytest.mark.parametrize("role", ["api", "api-slow", "stream", "all"])
def test_a_web_role_serves(serve, role):
    url = serve(role)
    wait_for(lambda: get(f"{url}/health/live")[0] == 200)
    assert get(f"{url}/health/ready")[0] == 200
    status, body = get(f"{url}/api/v1/nowhere")
    assert (status, json.loads(body)["error"]["code"]) == (404, "NOT_FOUND")


def test_worker_and_beat_give_signs_of_life(serve, tmp_path):
    url = serve("api")
    serve("worker")
    serve("worker-urgent")
    serve("beat", CELERY_BEAT_SCHEDULE_FILE=str(tmp_path / "schedule"))
    wait_for(lambda: b'"worker": {"status": "ok"' in get(f"{url}/health")[1])
    wait_for(lambda: b'"worker_urgent": {"status": "ok"' in get(f"{url}/health")[1])
    wait_for(lambda: b'"beat": {"status": "ok"' in get(f"{url}/health")[1])


def test_ready_answers_within_two_seconds_while_the_database_hangs(serve, silent_server):
    url = serve("api", DATABASE_URL=f"postgresql://u:p@127.0.0.1:{silent_server}/x")
    wait_for(lambda: get(f"{url}/health/live")[0] == 200)
    started = time.monotonic()
    status, body = get(f"{url}/health/ready")
    assert time.monotonic() - started < 2
    assert (status, json.loads(body)["checks"]["database"]) == (503, {"status": "failing"})


def test_ready_answers_within_two_seconds_while_cache_and_broker_hang(serve, silent_server):
    url = serve("api", **dict.fromkeys(("REDIS_URL", "CELERY_BROKER_URL"), f"redis://127.0.0.1:{silent_server}/0"))
    wait_for(lambda: get(f"{url}/health/live")[0] == 200)
    started = time.monotonic()
    status, body = get(f"{url}/health/ready")
    assert time.monotonic() - started < 2
    assert (status, json.loads(body)["status"]) == (200, "degraded")


@pytest.mark.parametrize(("missing", "text"), [("SECRET_KEY", b"SECRET_KEY"), ("ALLOWED_HOSTS", b"ALLOWED_HOSTS")])
@pytest.mark.parametrize("role", ["api", "worker", "beat"])
def test_production_refuses_to_start_without(database_url, role, missing, text):
    environment = {**os.environ, "DATABASE_URL": database_url, "ENVIRONMENT": "production", missing: ""}
    done = subprocess.run(
        [sys.executable, str(ROOT / "manage.py"), "serve", "--role", role, "--port", str(free_port())],
        env=environment, capture_output=True, timeout=60, check=False,
    )  # fmt: skip
    assert done.returncode == 1
    assert text in done.stderr
    assert b"Traceback" not in done.stderr
