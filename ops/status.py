"""How the whole system stands: what is alive, which versions run, what is ahead and what is full. For one page.

Each part is asked apart: one that does not answer says so in its own line, and hides nothing of the others.
"""

from __future__ import annotations

import platform
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

import celery
import django
from django.conf import settings
from django.db import DatabaseError, connection
from django.db.migrations.recorder import MigrationRecorder
from redis.exceptions import RedisError

from core.models.readings import READINGS
from core.numerology import ENGINE_VERSION
from core.selectors.content import get_library
from notifications.backlog import CHANNEL_NAMES, list_channels
from notifications.upkeep import DELIVERIES
from numerai import valkey_url
from numerai.partitions import Partitioned, count_strays, list_months, month_after
from ops.health import CHECKS, overall, prober
from ops.queues import queue_lengths

_SECONDS = 0.5
# Less than this is left, and somebody should make room.
_LEAST_FREE = 0.1
_MEGABYTE, _GIGABYTE = 1_000_000, 1_000_000_000


@dataclass(frozen=True, slots=True)
class Fact:
    """One line: what, and how it stands. `is_bad` where somebody should look."""

    label: str
    value: str
    is_bad: bool = False


@dataclass(frozen=True, slots=True)
class Section:
    title: str
    facts: list[Fact]


def get_status(*, now: datetime) -> list[Section]:
    """Return every section. Takes no longer than the slowest part's own limit."""
    today = now.date()
    parts: list[tuple[str, Callable[[], Iterator[Fact]]]] = [
        ("Health", _health),
        ("Versions", lambda: _versions(today)),
        ("Queues", _queues),
        ("Channels", lambda: _channels(now)),
        ("Months ahead", lambda: _months(today)),
        ("Space", _space),
    ]
    return [Section(title, _collect(part)) for title, part in parts]


def _collect(part: Callable[[], Iterator[Fact]]) -> list[Fact]:
    facts: list[Fact] = []
    try:
        facts.extend(part())
    except (DatabaseError, RedisError, OSError) as error:
        facts.append(Fact("no answer", type(error).__name__, is_bad=True))
    return facts


def _health() -> Iterator[Fact]:
    results = prober.ask(CHECKS)
    whole = overall(results)
    yield Fact("the whole", whole, is_bad=whole != "healthy")
    for name, result in results.items():
        if result.age_seconds is not None:
            detail = f", last sign {result.age_seconds:.0f} s ago"
        else:
            detail = "" if result.latency_ms is None else f", {result.latency_ms:.1f} ms"
        yield Fact(name.replace("_", " "), f"{result.status}{detail}", is_bad=result.status != "ok")


def _versions(today: date) -> Iterator[Fact]:
    yield Fact("product", str(settings.SPECTACULAR_SETTINGS["VERSION"]))
    yield Fact("engine", str(ENGINE_VERSION))
    library = get_library()
    yield Fact("texts", f"version {library.version}", is_bad=not library.version)
    edition = library.edition_on(today)
    yield Fact("edition of passages", str(edition) if edition else "none", is_bad=not edition)
    yield Fact("time zones", version("tzdata"))
    yield Fact("Python", platform.python_version())
    yield Fact("Django, Celery", f"{django.__version__}, {celery.__version__}")
    with connection.cursor() as cursor:
        cursor.execute("SHOW server_version")
        yield Fact("PostgreSQL", cursor.fetchone()[0])
    applied = MigrationRecorder(connection).applied_migrations()
    yield Fact("migrations applied", f"{len(applied)}")
    yield from _valkey()


def _valkey() -> Iterator[Fact]:
    with valkey_url.client(settings.REDIS_URL, socket_connect_timeout=_SECONDS, socket_timeout=_SECONDS) as client:
        info: dict[str, Any] = client.info()
    yield Fact("Valkey or Redis", str(info.get("valkey_version") or info["redis_version"]))
    policy = str(info.get("maxmemory_policy", ""))
    # A broker that forgets loses tasks.
    yield Fact("its memory", f"{info['used_memory_human']}, {policy}", is_bad=policy not in ("", "noeviction"))


def _queues() -> Iterator[Fact]:
    for queue, length in queue_lengths().items():
        yield Fact(f"tasks in {queue}", f"{length:,}")


def _channels(now: datetime) -> Iterator[Fact]:
    for channel in list_channels(now=now):
        state = "not set up" if not channel.is_configured else "on" if channel.is_on else f"off: {channel.reason}"
        yield Fact(CHANNEL_NAMES[channel.channel], state, is_bad=not channel.is_on)


def _months(today: date) -> Iterator[Fact]:
    for name, table in (("deliveries", DELIVERIES), ("readings", READINGS)):
        yield from _partitions(name, table, today)


def _partitions(name: str, table: Partitioned, today: date) -> Iterator[Fact]:
    months = list_months(table)
    last = months[-1] if months else None
    is_behind = last is None or last < month_after(today)
    yield Fact(f"{name} up to", f"{last:%B %Y}" if last else "no month", is_bad=is_behind)
    strays = count_strays(table)
    yield Fact(f"{name} in no month", f"{strays:,}", is_bad=bool(strays))


def _space() -> Iterator[Fact]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_database_size(current_database())")
        yield Fact("database", _size(cursor.fetchone()[0]))
    var = Path(settings.BASE_DIR) / "var"
    # Only where the database lies on this machine does its disk say anything.
    if var.is_dir() and str(settings.DATABASES["default"]["HOST"]).startswith("/"):
        disk = shutil.disk_usage(var)
        free = disk.free / _GIGABYTE
        is_bad = disk.free < _LEAST_FREE * disk.total
        yield Fact("disk of var/", f"{free:.0f} of {disk.total / _GIGABYTE:.0f} GB free", is_bad=is_bad)


def _size(octets: int) -> str:
    """Return a size as it is read."""
    return f"{octets / _MEGABYTE:.0f} MB" if octets < _GIGABYTE else f"{octets / _GIGABYTE:.1f} GB"
