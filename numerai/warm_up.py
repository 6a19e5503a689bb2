"""What a process reads before it takes work, so that nobody's first request waits for it.

Apps that keep something in a process's memory register here how it gets there, in their `AppConfig.ready()`. A process
that could not read it (the database is not up yet) starts all the same, says so in /health/ready, and tries again
whenever that is asked.
"""

from __future__ import annotations

import threading
from collections.abc import Callable

import structlog
from django.db import connection

log = structlog.get_logger(__name__)

# Seconds. Celery ends a worker's child that has not begun after four.
_PATIENCE = 3.0

_steps: dict[str, Callable[[], None]] = {}
_done: set[str] = set()
_running = threading.Lock()


def register(name: str, step: Callable[[], None]) -> None:
    """Add something to read. Raises ValueError for a second step of a name."""
    if _steps.setdefault(name, step) is not step:
        raise ValueError(f"{name} is already registered")


def is_warm() -> bool:
    """Say whether everything has been read once in this process."""
    return _done >= set(_steps)


def warm_up() -> None:
    """Read what has not been read yet; raises whatever keeps it from being read."""
    with _running:
        for name, step in _steps.items():
            if name not in _done:
                step()
                _done.add(name)


def before_work() -> None:
    """Read everything, and wait for it, but not for ever: what takes longer is read beside the first work.

    In a thread of its own: a server that runs on an event loop may not ask the database from there.
    """
    reading = threading.Thread(target=_read, name="warm-up", daemon=True)
    reading.start()
    reading.join(_PATIENCE)


def _read() -> None:
    try:
        warm_up()
    except Exception as error:  # noqa: BLE001 - the process serves, and /health/ready tells
        log.warning("warm_up_failed", error=type(error).__name__)
    finally:
        connection.close()
