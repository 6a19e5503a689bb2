"""What Prometheus is told: the state of the whole product, whichever process is asked (docs/decisions/0019-metrics.md).

Counts come from one hash in Valkey (numerai/counters.py); how far things are behind is asked of the database when
somebody wants to know, by queries that stay on an index and count no further than MOST. A source that does not answer
leaves its part out and says so in numerai_source_up.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime, timedelta

import structlog
from django.db import Error as DatabaseError
from django.db import connection, transaction
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily
from prometheus_client.exposition import generate_latest
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector
from redis.exceptions import RedisError

from core.models.readings import READINGS
from core.selectors.reading_operations import get_lag
from core.services import prepare  # noqa: F401 - counts readings
from notifications import pace, sender  # noqa: F401 - they count deliveries and waits
from notifications.measures import list_backlog
from notifications.selectors import is_channel_on
from notifications.upkeep import DELIVERIES
from numerai import counters
from numerai.counters import ENDLESS, MICROSECONDS, SUM, Field, Histogram
from numerai.partitions import count_strays
from ops.heartbeat import PARTS, age_of
from ops.queues import queue_lengths

log = structlog.get_logger(__name__)

OVERDUE_AFTER = timedelta(minutes=15)
MOST = 10_000
_STATEMENT_TIMEOUT = "2s"


def _gauge(name: str, text: str, samples: Iterable[tuple[tuple[str, ...], float]], *labels: str) -> Metric:
    family = GaugeMetricFamily(name, text, labels=labels)
    for values, number in samples:
        family.add_metric(values, number)
    return family


def _of_database(now: datetime) -> Iterator[Metric]:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT set_config('statement_timeout', %s, true)", [_STATEMENT_TIMEOUT])
        lag = get_lag(now=now, overdue_after=OVERDUE_AFTER, most=MOST)
        backlog = list_backlog(now=now, most=MOST)
        strays = [((table.table,), count_strays(table, most=MOST)) for table in (DELIVERIES, READINGS)]
        channels = sorted({row.channel for row in backlog})
        on = [((channel.value,), int(is_channel_on(channel=channel))) for channel in channels]
    late = [
        ((row.channel.value, row.priority.name.lower()), row.late.total_seconds() if row.late else 0.0)
        for row in backlog
    ]
    due = [((row.channel.value, row.priority.name.lower()), float(row.due)) for row in backlog]
    yield _gauge(
        "numerai_readings_due_lag_seconds",
        "For how long the first member has been due whose reading is not made.",
        [((), lag.behind.total_seconds())],
    )
    yield _gauge(
        "numerai_members_overdue",
        f"Members whose reading has been due for more than 15 minutes and is not made; counted up to {MOST}.",
        [((), lag.overdue)],
    )
    yield _gauge(
        "numerai_members_set_aside", f"Members whose data could not be read; up to {MOST}.", [((), lag.set_aside)]
    )
    yield _gauge(
        "numerai_deliveries_due",
        f"Deliveries that are due and not sent; up to {MOST}.",
        due, "channel", "class",
    )  # fmt: skip
    yield _gauge(
        "numerai_deliveries_oldest_due_seconds",
        "For how long the oldest of them has been due; 0 if none is.",
        late, "channel", "class",
    )  # fmt: skip
    yield _gauge("numerai_channel_on", "Whether a channel has its settings and is switched on.", on, "channel")
    yield _gauge(
        "numerai_default_partition_rows", f"Rows outside the months of a table; up to {MOST}.", strays, "table"
    )


def _of_valkey(now: datetime) -> Iterator[Metric]:
    counted = counters.read()
    for defined in counters.list_defined():
        fields = counted.get(defined.name, {})
        if isinstance(defined, Histogram):
            yield _histogram(defined, fields)
        else:
            family = CounterMetricFamily(defined.name, defined.help, labels=defined.labels)
            for values, count in sorted(fields.items()):
                if len(values) == len(defined.labels):  # what older code counted may have had others
                    family.add_metric(values, count)
            yield family
    ages = [((part,), age_of(part)) for part in PARTS]
    yield _gauge(
        "numerai_heartbeat_age_seconds",
        "The age of the last sign of life; infinite if there was none in a day.",
        [(part, math.inf if age is None else age) for part, age in ages],
        "part",
    )


def _histogram(defined: Histogram, fields: dict[Field, int]) -> Metric:
    family = HistogramMetricFamily(defined.name, defined.help, labels=defined.labels)
    for values in sorted({values for *values_, _ in fields if len(values := tuple(values_)) == len(defined.labels)}):
        total, buckets = 0, []
        for bound in (*(str(float(end)) for end in defined.bounds), ENDLESS):
            total += fields.get((*values, bound), 0)
            buckets.append((bound, float(total)))
        family.add_metric(values, buckets, sum_value=fields.get((*values, SUM), 0) / MICROSECONDS)
    return family


def _of_broker(now: datetime) -> Iterator[Metric]:
    lengths = [((queue,), float(length)) for queue, length in queue_lengths().items()]
    yield _gauge("numerai_queue_tasks", "Tasks that wait for a worker.", lengths, "queue")


_SOURCES: dict[str, Callable[[datetime], Iterable[Metric]]] = {
    "database": _of_database,
    "valkey": _of_valkey,
    "broker": _of_broker,
}


class _Everything(Collector):
    def __init__(self, now: datetime) -> None:
        self._now = now

    def collect(self) -> Iterator[Metric]:
        up = []
        for name, source in _SOURCES.items():
            try:
                families = list(source(self._now))
            except (DatabaseError, RedisError, OSError) as error:
                log.warning("metrics_incomplete", source=name, error=type(error).__name__)
                families = []
            up.append(((name,), float(bool(families))))
            yield from families
        yield _gauge("numerai_source_up", "Whether this part of the metrics could be read.", up, "source")


def render_metrics(*, now: datetime) -> bytes:
    """Return everything in Prometheus' text format."""
    return generate_latest(_Everything(now))
