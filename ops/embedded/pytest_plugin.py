"""Gives a test run its own throw-away PostgreSQL and Valkey, migrated once into a template database.

Loaded with `-p` because pytest-django reads the settings before any conftest. The parallel workers inherit the
environment of the controlling process, which alone starts and stops the servers.
"""

from __future__ import annotations

import atexit
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from ops.embedded.postgres import EmbeddedPostgres
from ops.embedded.processes import spawn
from ops.embedded.valkey import EmbeddedValkey

ROOT = Path(__file__).resolve().parents[2]
TEMPLATE = "numerai_template"
TEST_SETTINGS = {
    "NUMERAI_READ_ENV_FILES": "off",
    "DJANGO_SETTINGS_MODULE": "numerai.settings",
    "ENVIRONMENT": "test",
    "NUMERAI_ROLE": "api",
    "SECRET_KEY": "tests-need-a-key-that-is-long-enough-and-is-never-used-anywhere-else",
    "JWT_SECRET_KEY": "tests-sign-tokens-with-a-key-that-is-long-enough-and-used-nowhere-else",
    "ALLOWED_HOSTS": "testserver,localhost,127.0.0.1",
    "FIELD_ENCRYPTION_KEYS": "test1:MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=",
    "BLIND_INDEX_KEY": "YmxpbmRpbmRleGtleWZvcnRlc3RzMDEyMzQ1Njc4OTA=",
    "VAPID_PUBLIC_KEY": "BIUPt__LYz34s2K9k6AVCVaL0i9_eO6pMze4bHBfmA4ol9dnX9dP2_jUPX74JsoIOpDZJ_oU7vy8mnvHlBAlDf8",
    "VAPID_PRIVATE_KEY": "HY4tiGiRtbqpX5w8QMt3K4v1mGsgtTe-G79Vvwrci_E",
    "TEST_DATABASE_TEMPLATE": TEMPLATE,
}
# What a developer's shell may hold must not change what the tests see.
CLEARED = ("DEBUG", "CORS_ALLOWED_ORIGINS", "TRUSTED_PROXIES", "LOG_LEVEL", "CELERY_RESULT_BACKEND", "PORT", "HOST")


def _wait(is_ready: Callable[[], bool], process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + 60
    while not is_ready():
        if process.poll() is not None or time.monotonic() > deadline:
            sys.exit(f"A test server did not come up:\n{log.read_text(errors='replace')[-2000:]}")
        time.sleep(0.02)


def start_test_servers() -> None:
    """Start both servers, point the environment at them, and migrate the template. They end with this process."""
    home = Path(tempfile.mkdtemp(prefix="numerai-test-"))
    database = EmbeddedPostgres(home, password="test", throw_away=True)  # noqa: S106
    valkey = EmbeddedValkey(home, throw_away=True)
    processes = []
    for server in (database, valkey):
        server.prepare()
        log = home / f"{server.program}.log"
        with log.open("wb") as output:
            process = spawn(server.command, identity=server.identity, death_signal=server.stop_signal, stdout=output)
        processes.append((process, server.stop_signal))
        _wait(server.is_ready, process, log)

    def stop() -> None:
        for process, number in processes:
            process.send_signal(number)
            process.wait(timeout=30)
        for folder in {home, database.home, database.sockets}:
            shutil.rmtree(folder, ignore_errors=True)

    atexit.register(stop)
    database.create_database(TEMPLATE)
    for name in CLEARED:
        os.environ.pop(name, None)
    os.environ.update(
        TEST_SETTINGS,
        DATABASE_URL=database.url(TEMPLATE),
        REDIS_URL=valkey.url(),
        CELERY_BROKER_URL=valkey.broker_url(),
        OUTBOX_FOLDER=str(home / "outbox"),
        TOMBSTONE_FOLDER=str(home / "tombstones"),
    )
    migrated = subprocess.run(
        [sys.executable, str(ROOT / "manage.py"), "migrate", "--verbosity=0"], capture_output=True, text=True
    )
    if migrated.returncode != 0:
        sys.exit(f"The migrations failed:\n{migrated.stderr[-4000:]}")


def take_own_cache_databases(worker: str) -> None:
    """Give a parallel worker ("gw3") numbered databases of its own: a test may clear the whole cache."""
    number = 2 * int(worker.removeprefix("gw")) + 2
    for name, own in (("REDIS_URL", number), ("CELERY_BROKER_URL", number + 1)):
        address, _, _ = os.environ[name].rpartition("=")
        os.environ[name] = f"{address}={own}"


if worker := os.environ.get("PYTEST_XDIST_WORKER"):
    take_own_cache_databases(worker)
else:
    start_test_servers()
