"""Start one process role: the only start command of every environment (docs/decisions/0004-process-roles.md)."""

from __future__ import annotations

import os
import sys
from argparse import ArgumentParser
from typing import Any, NoReturn

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

ROLES = ("all", "api", "api-slow", "stream", "worker", "worker-urgent", "beat")


def command_of(role: str, *, host: str, port: int, processes: int) -> list[str]:
    """Return the command line (after the interpreter) of one role."""
    granian = [
        "-m", "granian", "--interface", "wsgi", "--http", "1", "--no-ws", "--host", host, "--port", str(port),
        "--workers-kill-timeout", "10", "--log-level", "warning",
    ]  # fmt: skip
    uvicorn = [
        "-m", "uvicorn", "--host", host, "--port", str(port), "--loop", "uvloop", "--http", "httptools",
        "--no-access-log", "--no-server-header", "--no-proxy-headers", "--log-level", "warning",
        "--timeout-graceful-shutdown", "8",
    ]  # fmt: skip
    celery = ["-m", "celery", "--quiet", "-A", "numerai"]
    log_level = ["--loglevel", settings.LOG_LEVEL.lower()]
    worker = [*celery, "worker", "--pool", "prefork", "--without-gossip", "--without-mingle", *log_level]
    return {
        # Two blocking threads per process: one works while the other waits for PostgreSQL or Valkey (decision 0004).
        # A thread keeps its connections, so it is let go late.
        "api": [
            *granian, "--workers", str(processes), "--blocking-threads", "2", "--blocking-threads-idle-timeout", "600",
            "numerai.wsgi:application",
        ],
        # Sixteen threads, because these requests wait for Argon2, providers or files.
        "api-slow": [*granian, "--workers", "1", "--blocking-threads", "16", "numerai.wsgi:application"],
        "stream": [*uvicorn, "numerai.asgi:application"],
        "all": [*uvicorn, "numerai.dispatch:application"],
        # It helps out with codes when it has time, so that a product without worker-urgent still sends them.
        "worker": [*worker, "--queues", "celery,urgent", "--hostname", "worker@%h", "--concurrency", str(processes)],
        # Codes and security notices, and nothing that could keep them waiting.
        "worker-urgent": [
            *worker, "--queues", "urgent", "--hostname", "worker-urgent@%h", "--concurrency", str(min(processes, 2)),
        ],
        "beat": [*celery, "beat", "--schedule", settings.CELERY_BEAT_SCHEDULE_FILE, "--pidfile", "", *log_level],
    }[role]  # fmt: skip


class Command(BaseCommand):
    help = "Start one process role in the foreground: all, api, api-slow, stream, worker, worker-urgent or beat."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--role", choices=ROLES, default=settings.NUMERAI_ROLE, help="NUMERAI_ROLE by default")
        parser.add_argument("--host", default=os.environ.get("HOST", "127.0.0.1"), help="HOST by default")
        parser.add_argument("--port", type=int, default=settings.PORT, help="PORT by default")
        parser.add_argument("--processes", type=int, default=os.cpu_count() or 1, help="one per core by default")

    def handle(self, *, role: str, host: str, port: int, processes: int, **_: Any) -> NoReturn:
        if role not in ROLES:
            raise CommandError(f"NUMERAI_ROLE must be one of {', '.join(ROLES)}.")
        command = command_of(role, host=host, port=port, processes=processes)
        env = {**os.environ, "NUMERAI_ROLE": role, "NUMERAI_SERVING": "on"}
        self.stdout.flush()
        os.chdir(settings.BASE_DIR)
        os.execve(sys.executable, [sys.executable, *command], env)  # noqa: S606 - replaces this process on purpose
