"""Gives a test run its own throw-away PostgreSQL and Valkey, migrated once into a template database.

Loaded with `-p` because pytest-django reads the settings before any conftest. The parallel workers inherit the
environment of the controlling process, which alone starts and stops the servers.
"""

from __future__ import annotations

import os

from ops.embedded.stage import TEMPLATE as TEMPLATE
from ops.embedded.stage import Stage


def take_own_cache_databases(worker: str) -> None:
    """Give a parallel worker ("gw3") numbered databases of its own: a test may clear the whole cache."""
    number = 2 * int(worker.removeprefix("gw")) + 2
    for name, own in (("REDIS_URL", number), ("CELERY_BROKER_URL", number + 1)):
        address, _, _ = os.environ[name].rpartition("=")
        os.environ[name] = f"{address}={own}"


if worker := os.environ.get("PYTEST_XDIST_WORKER"):
    take_own_cache_databases(worker)
else:
    Stage().start()
