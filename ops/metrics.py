"""What Prometheus is told: the state of the whole product, whichever process is asked (docs/decisions/0019-metrics.md).

Counts come from one hash in Valkey (numerai/counters.py); how far things are behind is asked of the database when
somebody wants to know, by queries that stay on an index and count no further than MOST. A source that does not answer
leaves its part out and says so in numerai_source_up.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from itertools import product

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
from notifications.backlog import Open, list_channels, list_open
from notifications.kinds import Channel, Priority
from notifications.upkeep import DELIVERIES
from numerai import counters
from numerai.counters import ENDLESS, MICROSECONDS, SUM, Field, Histogram
from numerai.partitions import count_strays
from ops.heartbeat import PARTS, age_of
from ops.queues import queue_lengths
from ops.timetable import list_entries

log = structlog.get_logger(__name__)

OVERDUE_AFTER = timedelta(minutes=15)
MOST = 10_000
_STATEMENT_TIMEOUT = "2s"


_Samples = list[tuple[tuple[str, ...], float]]


def _gauge(name: str, text: str, samples: Iterable[tuple[tuple[str, ...], float]], *labels: str) -> Metric:
    family = GaugeMetricFamily(name, text, labels=labels)
    for values, number in samples:
        family.add_metric(values, number)
    return family


def _of_database(now: datetime) -> Iterator[Metric]:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT set_config('statement_timeout', %s, true)", [_STATEMENT_TIMEOUT])
        lag = get_lag(now=now, overdue_after=OVERDUE_AFTER, most=MOST)
        opened = list_open(now=now, limit=MOST)
        channels = list_channels(now=now, opened=opened)
        entries = list_entries(now=now)
        strays = [((table.table,), count_strays(table, most=MOST)) for table in (DELIVERIES, READINGS)]
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
    due, late = _by_class(opened, now)
    waiting = ("channel", "class")
    yield _gauge("numerai_deliveries_due", f"Deliveries due and not sent, of the first {MOST} open.", due, *waiting)
    yield _gauge("numerai_deliveries_oldest_due_seconds", "For how long the oldest of them is due.", late, *waiting)
    yield _gauge(
        "numerai_channel_on",
        "Whether a channel has its settings and is switched on.",
        [((one.channel.value,), one.sends) for one in channels],
        "channel",
    )
    yield _gauge(
        "numerai_timetable_in_trouble",
        "Whether a task of the timetable is late, failed the last time, or began and never ended.",
        [((entry.name,), entry.wants_a_look) for entry in entries],
        "entry",
    )
    yield _gauge("numerai_default_partition_rows", f"Rows outside a table's months; up to {MOST}.", strays, "table")


def _by_class(opened: Sequence[Open], now: datetime) -> tuple[_Samples, _Samples]:
    """Return what is due, and for how long the oldest is, for every channel and priority."""
    due: _Samples = []
    late: _Samples = []
    for channel, priority in product(Channel, Priority):
        rows = [row for row in opened if (row.channel, row.priority) == (channel, priority)]
        values = channel.value, priority.name.lower()
        due.append((values, float(sum(row.due for row in rows))))
        oldest = min((row.oldest_at for row in rows if row.oldest_at), default=now)
        late.append((values, (now - oldest).total_seconds()))
    return due, late


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
