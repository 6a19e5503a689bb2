"""Servers for tests, benchmarks and drills: a PostgreSQL and a Valkey of their own, and settings that point to them.

They end with the process that started them, and leave nothing.
"""

from __future__ import annotations

import atexit
import os
import re
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
# What a developer's shell may hold must not change what the tests see: every setting there is.
CLEARED = re.findall(r"^([A-Z][A-Z0-9_]*)=", (ROOT / ".env.example").read_text(), re.MULTILINE)


class Stage:
    """Both servers in a folder of their own. A durable one writes to disk as in production, and can be hurt."""

    def __init__(self, *, durable: bool = False, database_options: dict[str, str] | None = None) -> None:
        self.home = Path(tempfile.mkdtemp(prefix="numerai-test-"))
        self.database = EmbeddedPostgres(self.home, password="test", throw_away=not durable)  # noqa: S106
        self.valkey = EmbeddedValkey(self.home, throw_away=True)
        self._database_options = [f"-c{name}={value}" for name, value in (database_options or {}).items()]
        self._running: dict[str, subprocess.Popen[bytes]] = {}

    def start(self) -> None:
        """Start both, point the environment at them, and migrate the database. They end with this process."""
        atexit.register(self.stop)
        self.start_server(self.database)
        self.start_server(self.valkey)
        self.database.create_database(TEMPLATE)
        for name in CLEARED:
            os.environ.pop(name, None)
        os.environ.update(
            TEST_SETTINGS,
            DATABASE_URL=self.database.url(TEMPLATE),
            REDIS_URL=self.valkey.url(),
            CELERY_BROKER_URL=self.valkey.broker_url(),
            OUTBOX_FOLDER=str(self.home / "outbox"),
            TOMBSTONE_FOLDER=str(self.home / "tombstones"),
        )
        migrated = subprocess.run(
            [sys.executable, str(ROOT / "manage.py"), "migrate", "--verbosity=0"], capture_output=True, text=True
        )
        if migrated.returncode != 0:
            sys.exit(f"The migrations failed:\n{migrated.stderr[-4000:]}")

    def start_server(self, server: EmbeddedPostgres | EmbeddedValkey) -> None:
        """Start one of the two and wait until it answers."""
        server.prepare()
        log = self.home / f"{server.program}.log"
        options = self._database_options if server is self.database else []
        with log.open("wb") as output:
            process = spawn(
                [*server.command, *options], identity=server.identity, death_signal=server.stop_signal, stdout=output
            )
        self._running[server.program] = process
        _wait(server.is_ready, process, log)

    def stop_server(self, server: EmbeddedPostgres | EmbeddedValkey) -> None:
        """Stop one of the two, and wait until it is gone."""
        process = self._running.pop(server.program, None)
        if process is not None:
            process.send_signal(server.stop_signal)
            process.wait(timeout=60)

    def stop(self) -> None:
        """Stop both and remove what they wrote. Safe to call twice."""
        for server in (self.valkey, self.database):
            self.stop_server(server)
        for folder in {self.home, self.database.home, self.database.sockets, self.valkey.sockets}:
            shutil.rmtree(folder, ignore_errors=True)


def _wait(is_ready: Callable[[], bool], process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + 60
    while not is_ready():
        if process.poll() is not None or time.monotonic() > deadline:
            sys.exit(f"A test server did not come up:\n{log.read_text(errors='replace')[-2000:]}")
        time.sleep(0.02)
