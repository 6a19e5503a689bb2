"""What it costs to prepare daily readings, against the ways that Django offers.

Usage: python benchmarks/readings.py [--quick]

On a throw-away PostgreSQL that writes to disk as in production (fsync and synchronous_commit on), in this process:
- the insert alone, into a table that holds ten days, against the same rows into a heap without a key; against
  `bulk_create` of 1,000 into the same table; and against `bulk_create` into the shape that Django would give it (a
  random key, a foreign key, unique, texts);
- the whole step (claim, readings, one delivery each, next hour) with one worker and with two, against `bulk_create` of
  the readings alone; twice: for a tenth of the members and for all, and the worker's memory after each. Half of the
  members have a device, a third have chosen something, a fifth have quiet hours.

All of a repetition are run one after the other, each on a day of its own; medians count. --quick has fewer members.
"""

from __future__ import annotations

import argparse
import multiprocessing
import resource
import statistics
import sys
import time
import uuid
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

# In place of this folder, whose http.py would stand before the standard library's.
sys.path[0] = str(Path(__file__).resolve().parents[1])

from ops.embedded.stage import Stage

REPETITIONS = 3
DAYS_HELD = 10
DUE_AT = datetime(2026, 12, 14, 7, tzinfo=UTC)
DAY = timedelta(days=1)
# So many rows show what a slow way costs.
SAMPLE = 20_000
FAIR = {"shared_buffers": "2GB", "max_wal_size": "8GB", "checkpoint_timeout": "30min"}
GOALS = {
    "insert_of_heap_only": (0.20, "at_least"),
    "insert_against_bulk_create": (5.0, "at_least"),
    "insert_against_django_default": (15.0, "at_least"),
    "prepare_one_worker": (1.0, "at_least"),
    "prepare_two_workers": (2.0, "at_least"),
    "prepare_all_against_a_tenth": (0.8, "at_least"),
    "worker_memory_growth_megabytes": (20.0, "at_most"),
}

# The statement of core/services/prepare_sql.py without its joins, so that every side inserts rows that are ready.
_COLUMNS = (
    "reading_date, user_id, content_version, edition, engine_version, personal_year, personal_month, personal_day,"
    " universal_day, day_count, life_path, essence, option_set"
)
_READY = f"""
INSERT INTO {{into}} ({_COLUMNS})
SELECT %(day)s, user_id, 1, 1, 1, 4, 5, 6, 7, 300, life_path, essence, option_set
FROM core_numerologyprofile WHERE is_primary ORDER BY user_id {{conflict}}
"""  # noqa: S608 - our own names


def timed(run: Callable[[], int]) -> float:
    """Return rows a second."""
    began = time.perf_counter()
    rows = run()
    return rows / (time.perf_counter() - began)


def execute(statement: str, **given: Any) -> int:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(statement, given)
        return int(cursor.rowcount)


def by_set(day: date) -> int:
    return execute(_READY.format(into="daily_readings", conflict="ON CONFLICT DO NOTHING"), day=day)


def into_heap(day: date) -> int:
    return execute(_READY.format(into="heap_only", conflict=""), day=day)


def by_bulk_create(day: date, members: list[uuid.UUID]) -> int:
    """Insert the readings of some members the way Django has for it."""
    from core.models import DailyReading

    # The instant is given: a default of the database's would be compiled for every row, at twenty times the cost.
    given = {**_NUMBERS, "made_at": datetime.now(UTC), "essence": 5, "option_set": "calendar"}
    rows = [DailyReading(reading_date=day, user_id=member, **given) for member in members]
    for start in range(0, len(rows), 1000):
        DailyReading.objects.bulk_create(rows[start : start + 1000], ignore_conflicts=True)
    return len(rows)


_NUMBERS = {
    "content_version": 1, "edition": 1, "engine_version": 1, "personal_year": 4, "personal_month": 5, "personal_day": 6,
    "universal_day": 7, "day_count": 300, "life_path": 3,
}  # fmt: skip


def make_default_model() -> Any:
    """Return the model that comes to mind first, with its table."""
    from django.conf import settings
    from django.db import connection, models

    class DefaultReading(models.Model):
        id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
        user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE)
        date = models.DateField()
        affirmation = models.TextField()
        tip = models.TextField()
        personal_day = models.IntegerField()
        created_at = models.DateTimeField(auto_now_add=True)

        class Meta:
            app_label = "benchmarks"
            constraints = [models.UniqueConstraint(fields=["user", "date"], name="default_once_a_day")]

    with connection.schema_editor() as editor:
        editor.create_model(DefaultReading)
    return DefaultReading


def into_default(model: Any, day: date, members: list[uuid.UUID]) -> int:
    text = "Finish one small thing before noon, and tell nobody until the evening. " * 2
    rows = [model(user_id=member, date=day, affirmation=text, tip=text, personal_day=4) for member in members]
    for start in range(0, len(rows), 1000):
        model.objects.bulk_create(rows[start : start + 1000], ignore_conflicts=True)
    return len(rows)


def fill_default(model: Any, day: date) -> int:
    """Fill a day of the default table the fast way: how it got there is not what is measured."""
    return execute(
        f"INSERT INTO {model._meta.db_table} (id, user_id, date, affirmation, tip, personal_day, created_at)"  # noqa: S608
        " SELECT gen_random_uuid(), user_id, %(day)s, repeat('a', 140), repeat('b', 140), 4, now()"
        " FROM core_numerologyprofile WHERE is_primary",
        day=day,
    )


def _work(now: datetime, begin: Any, sizes: Any) -> None:
    """Prepare until nothing is due, in a process of its own."""
    from django.db import connection

    from core.services.prepare import prepare_due_readings

    prepare_due_readings(now=datetime(2000, 1, 1, tzinfo=UTC))  # The texts are read, the connection is there.
    begin.wait()
    while prepare_due_readings(now=now).claimed:
        pass
    sizes.put(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)
    connection.close()


def prepare(now: datetime, workers: int) -> tuple[float, float]:
    """Return how many seconds so many workers took, and the largest memory of one."""
    from django.db import connections

    connections.close_all()
    begin, sizes = multiprocessing.Barrier(workers + 1), multiprocessing.Queue()
    processes = [multiprocessing.Process(target=_work, args=(now, begin, sizes)) for _ in range(workers)]
    for process in processes:
        process.start()
    begin.wait()
    began = time.perf_counter()
    largest = max(sizes.get() for _ in processes)
    took = time.perf_counter() - began
    for process in processes:
        process.join()
    return took, largest


def prepared_rate(day: int, members: int, workers: int) -> tuple[float, float]:
    """Return members a second for one more day, and a worker's memory; sees that each got exactly one of each."""
    now = DUE_AT + day * DAY
    took, memory = prepare(now, workers)
    for what, counted in (
        ("schedules", "SELECT FROM core_readingschedule WHERE last_reading_on >= %(now)s::date - 1"
         " AND next_reading_at > %(now)s"),
        ("readings", "SELECT FROM daily_readings AS r JOIN core_readingschedule AS s USING (user_id)"
         " WHERE r.reading_date = s.last_reading_on AND s.next_reading_at > %(now)s"),
        ("deliveries", "SELECT FROM notifications_delivery AS d JOIN core_readingschedule AS s USING (user_id)"
         " WHERE d.due_on = s.last_reading_on AND s.next_reading_at > %(now)s AND d.kind = 'daily_reading'"),
    ):  # fmt: skip
        found = execute(counted, now=now)
        assert found == members, f"{found} {what} for {members} members"
    return members / took, memory


def make_outlets(first: int, last: int) -> None:
    """Give some of these members devices, choices and quiet hours, so that these tables are as long as in life.

    Each still gets one delivery: a push where there is a device, an e-mail where there is none.
    """
    from benchmarks.members_at_scale import member_ids

    device = "gen_random_uuid(), user_id, 'fcm', 'sealed', 'android', '', '', ''"
    for into, columns, what, every in (
        ("device", "id, user_id, channel, address, platform, app_version, locale, retired_for", device, 2),
        ("preference", "user_id, topic, outlet, choice", "user_id, 'daily_reading', 'email', 'without_device'", 3),
        ("quiethours", "user_id, starts_at, ends_at", "user_id, '23:30', '04:30'", 5),
    ):
        execute(
            f"INSERT INTO notifications_{into} ({columns}) SELECT {what} FROM ({member_ids(every)}) AS chosen",  # noqa: S608
            first=first,
            last=last,
        )
    execute("ANALYZE")


def measure(members: int) -> dict[str, float]:
    """Run all sides and return the medians, in rows or members a second."""
    from benchmarks.members_at_scale import make_members
    from core.models.readings import READINGS
    from notifications.upkeep import DELIVERIES
    from numerai.partitions import make_months

    for table in (READINGS, DELIVERIES):
        make_months(table, today=DUE_AT.date())
    tenth = members // 10
    found: dict[str, list[float]] = {}

    def note(side: str, rate: float) -> None:
        found.setdefault(side, []).append(rate)
        print(f"  {side:<34} {rate:>12,.0f}", flush=True)

    day = 0
    make_members(1, tenth, due_at=DUE_AT)
    make_outlets(1, tenth)
    for _ in range(REPETITIONS):
        note("prepare, a tenth, one worker", prepared_rate(day, tenth, 1)[0])
        day += 1
    make_members(tenth + 1, members, due_at=DUE_AT + day * DAY)
    make_outlets(tenth + 1, members)
    for held in range(DAYS_HELD):
        by_set(DUE_AT.date() - (held + 1) * DAY)
    execute("ANALYZE daily_readings")
    execute("CREATE TABLE heap_only (LIKE daily_readings INCLUDING DEFAULTS)")
    default = make_default_model()
    some = [uuid.UUID(int=(0x01890000_0000_7000_8000 << 48) + n) for n in range(1, min(members, SAMPLE) + 1)]
    for held in range(DAYS_HELD):
        fill_default(default, DUE_AT.date() - (held + 1) * DAY)
    for _ in range(REPETITIONS):
        # Each side gets the newest day of its table, as in life: the key's last page is where rows go.
        first, second = DUE_AT.date() + day * DAY, DUE_AT.date() + (day + 1) * DAY
        note("insert, by the set", timed(lambda: by_set(first)))  # noqa: B023 - run at once
        note("insert, heap only", timed(lambda: into_heap(first)))  # noqa: B023 - run at once
        note("insert, bulk_create", timed(lambda: by_bulk_create(second, some)))  # noqa: B023 - run at once
        note("insert, Django's default", timed(lambda: into_default(default, second, some)))  # noqa: B023 - run at once
        day += 2
        for workers, name in ((1, "one worker"), (2, "two workers")):
            rate, memory = prepared_rate(day, members, workers)
            note(f"prepare, all, {name}", rate)
            day += 1
            if workers == 1:
                note("memory of one worker, MB", memory)
    return {side: statistics.median(rates) for side, rates in found.items()} | {
        "memory grew, MB": found["memory of one worker, MB"][-1] - found["memory of one worker, MB"][0]
    }


def main() -> int:
    """Measure, print and return the exit code: 1 when a goal is missed."""
    parser = argparse.ArgumentParser(description="Daily readings by the set, against bulk_create.")
    parser.add_argument("--quick", action="store_true", help="60,000 members instead of a million")
    parser.add_argument("--members", type=int, help="so many members")
    options = parser.parse_args()
    members = options.members or (60_000 if options.quick else 1_000_000)
    stage = Stage(durable=True, database_options=FAIR)
    stage.start()
    import django
    from django.core.management import call_command
    from django.db import connections

    django.setup()
    call_command("load_content", verbosity=0)
    # A million copies in one statement take longer than a request may.
    execute("ALTER ROLE CURRENT_USER SET statement_timeout = 0")
    connections.close_all()
    print(f"{members:,} members, median of {REPETITIONS}; rows or members a second")
    rate = measure(members)
    print("medians")
    for side, value in rate.items():
        print(f"  {side:<34} {value:>12,.0f}")
    by_bulk = rate["insert, bulk_create"]
    measured = {
        "insert_of_heap_only": rate["insert, by the set"] / rate["insert, heap only"],
        "insert_against_bulk_create": rate["insert, by the set"] / by_bulk,
        "insert_against_django_default": rate["insert, by the set"] / rate["insert, Django's default"],
        "prepare_one_worker": rate["prepare, all, one worker"] / by_bulk,
        "prepare_two_workers": rate["prepare, all, two workers"] / by_bulk,
        "prepare_all_against_a_tenth": rate["prepare, all, one worker"] / rate["prepare, a tenth, one worker"],
        "worker_memory_growth_megabytes": rate["memory grew, MB"],
    }
    missed = False
    for goal, (required, way) in GOALS.items():
        is_met = measured[goal] >= required if way == "at_least" else measured[goal] <= required
        missed |= not is_met
        print(f"goal {goal} measured {measured[goal]:.2f} required {required:g} {'met' if is_met else 'missed'}")
    stage.stop()
    return int(missed)


if __name__ == "__main__":
    sys.exit(main())
