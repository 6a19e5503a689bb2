"""Each process role starts as a command, serves, and stops with nothing left behind."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time

import pytest

from ops.tests.conftest import ROOT, get
from ops.tests.embedded.conftest import free_port, wait_for


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
