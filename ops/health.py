"""Is it well? Each part is asked in a thread of its own, so that one that hangs costs no more than the deadline."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import asdict, dataclass
from typing import Literal

import structlog
from django.conf import settings
from django.core.cache import cache
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from numerai import valkey_url, warm_up
from ops.heartbeat import STALE_AFTER, age_of

log = structlog.get_logger(__name__)

DEADLINE = 1.5  # seconds, for all checks together

Status = Literal["healthy", "degraded", "unhealthy"]
CheckStatus = Literal["ok", "failing"]


@dataclass(frozen=True, slots=True)
class CheckResult:
    """The state of one part. `age_seconds`: since its last sign of life, for worker and beat."""

    status: CheckStatus
    latency_ms: float | None = None
    age_seconds: float | None = None

    def as_json(self) -> dict[str, str | float]:
        return {name: value for name, value in asdict(self).items() if value is not None}


class _Failing(Exception):
    """A part that answers, and says that it is not well."""

    def __init__(self, age_seconds: float | None = None) -> None:
        super().__init__()
        self.age_seconds = age_seconds


def _ask_database() -> None:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    finally:
        connection.close()


_is_migrated = False


def _ask_migrations() -> None:
    """Fail while a migration that this code knows is missing. Asked of the database until it once was well."""
    global _is_migrated
    if _is_migrated:
        return
    try:
        executor = MigrationExecutor(connection)
        if executor.migration_plan(executor.loader.graph.leaf_nodes()):
            raise _Failing
    finally:
        connection.close()
    _is_migrated = True


def _ask_warm_up() -> None:
    """Read what this process should have in its memory, where it could not when it started."""
    if not warm_up.is_warm():
        try:
            warm_up.warm_up()
        finally:
            connection.close()


def _ask_cache() -> None:
    cache.get("health")


def _ask_broker() -> None:
    with valkey_url.client(settings.CELERY_BROKER_URL, socket_connect_timeout=1, socket_timeout=1) as client:
        client.ping()


def _ask_heartbeat(part: str) -> float:
    age = age_of(part)
    if age is None or age > STALE_AFTER:
        raise _Failing(age)
    return age


CHECKS: Mapping[str, Callable[[], float | None]] = {
    "database": _ask_database,
    "migrations": _ask_migrations,
    "warm_up": _ask_warm_up,
    "cache": _ask_cache,
    "broker": _ask_broker,
    "worker": lambda: _ask_heartbeat("worker"),
    "worker_urgent": lambda: _ask_heartbeat("worker_urgent"),
    "beat": lambda: _ask_heartbeat("beat"),
}
# Without these nothing can be served; without the others something is late or slow.
VITAL = frozenset({"database", "migrations", "warm_up"})


class Prober:
    """Runs checks side by side and never starts one whose last call still hangs."""

    def __init__(self, checks: Mapping[str, Callable[[], float | None]]) -> None:
        self._checks = checks
        self._threads = ThreadPoolExecutor(max_workers=len(checks), thread_name_prefix="health")
        self._pending: dict[str, Future[CheckResult]] = {}
        self._lock = threading.Lock()

    def ask(self, names: Iterable[str], *, deadline: float = DEADLINE) -> dict[str, CheckResult]:
        """Return each check's result; one that has not answered within `deadline` seconds is failing."""
        with self._lock:
            for name in names:
                if name not in self._pending or self._pending[name].done():
                    self._pending[name] = self._threads.submit(self._run, name)
            futures = {name: self._pending[name] for name in names}
        wait(futures.values(), timeout=deadline)
        return {name: future.result() if future.done() else CheckResult("failing") for name, future in futures.items()}

    def _run(self, name: str) -> CheckResult:
        started = time.monotonic()
        try:
            age = self._checks[name]()
        except _Failing as failing:
            return CheckResult("failing", age_seconds=failing.age_seconds and round(failing.age_seconds, 1))
        except Exception as error:  # noqa: BLE001 - whatever a driver raises means the same here; it is logged
            log.warning("health_check_failed", check=name, error=type(error).__name__)
            return CheckResult("failing")
        if age is not None:
            return CheckResult("ok", age_seconds=round(age, 1))
        return CheckResult("ok", latency_ms=round((time.monotonic() - started) * 1000, 1))


prober = Prober(CHECKS)


def overall(results: Mapping[str, CheckResult]) -> Status:
    """Return the state of the whole: unhealthy if a vital part fails, degraded if another one does."""
    failing = {name for name, result in results.items() if result.status != "ok"}
    if failing & VITAL:
        return "unhealthy"
    return "degraded" if failing else "healthy"
