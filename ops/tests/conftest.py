"""What the tests of the desk share, and those that start roles as processes."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from importlib import import_module
from pathlib import Path
from urllib.error import HTTPError
from urllib.request import urlopen

import psycopg
import pytest
from django.apps import apps
from psycopg import sql

from ops.embedded.processes import spawn
from ops.tests.embedded.conftest import free_port

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def roles_of_staff(db: None) -> None:
    """The groups as their migrations make them, also after a test that emptied every table."""
    import_module("ops.migrations.0001_staff_roles").make_roles(apps, None)
    import_module("ops.migrations.0003_roles_see_deliveries").add(apps, None)
    import_module("ops.migrations.0005_roles_see_operations").add(apps, None)
    import_module("ops.migrations.0006_roles_handle_broadcasts").add(apps, None)


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
