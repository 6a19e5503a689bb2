"""What became of each task of the timetable: when it last ran, how long it took, how it ended, and whether it is late.

Beat names the entry in the header of what it sends; the worker's signals write one row an entry. A record that cannot
be written is logged and missed: the task runs all the same.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import structlog
from celery import current_app, signals
from celery.schedules import crontab
from django.db import Error, connection
from django.utils import timezone

from ops.models import ScheduledTask

log = structlog.get_logger(__name__)

HEADER = "numerai_timetable_entry"
# What waits behind a long task is not late at once.
GRACE = timedelta(minutes=3)

_BEGUN = """
INSERT INTO ops_scheduledtask AS known
    (name, first_seen_at, started_at, outcome, runs, failures, failures_in_a_row, error)
VALUES (%(name)s, %(started_at)s, %(started_at)s, 'running', 1, 0, 0, '')
ON CONFLICT (name) DO UPDATE SET started_at = excluded.started_at, outcome = 'running', runs = known.runs + 1
"""
# A run that a later one has overtaken is counted, and changes nothing of what is said of the later one.
_ENDED = """
UPDATE ops_scheduledtask SET
    outcome = CASE WHEN started_at = %(started_at)s THEN %(outcome)s ELSE outcome END,
    ended_at = CASE WHEN started_at = %(started_at)s THEN %(ended_at)s ELSE ended_at END,
    milliseconds = CASE WHEN started_at = %(started_at)s THEN %(milliseconds)s ELSE milliseconds END,
    failures = failures + %(failed)s::int,
    failures_in_a_row = CASE WHEN %(failed)s THEN failures_in_a_row + 1 ELSE 0 END,
    failed_at = CASE WHEN %(failed)s THEN %(ended_at)s ELSE failed_at END,
    error = CASE WHEN %(failed)s THEN %(error)s ELSE error END
WHERE name = %(name)s
"""


@dataclass(frozen=True, slots=True)
class Run:
    """One run on its way, in the process that runs it."""

    name: str
    started_at: datetime
    clock: float


# By the id of the task; a worker process has one at a time.
_running: dict[str, Run] = {}


def connect() -> None:
    """Listen to the worker's signals. Safe to call twice."""
    signals.task_prerun.connect(_on_begin, dispatch_uid="ops.timetable.begin")
    signals.task_postrun.connect(_on_end, dispatch_uid="ops.timetable.end")


def _on_begin(task_id: str, task: Any, **_: Any) -> None:
    if name := getattr(task.request, HEADER, None):
        run = _running[task_id] = Run(name, timezone.now(), time.monotonic())
        _write(_BEGUN, {"name": run.name, "started_at": run.started_at})


def _on_end(task_id: str, state: str | None = None, retval: Any = None, **_: Any) -> None:
    if run := _running.pop(task_id, None):
        failed = state != "SUCCESS"
        _write(
            _ENDED,
            {
                "name": run.name,
                "started_at": run.started_at,
                "ended_at": timezone.now(),
                "milliseconds": int((time.monotonic() - run.clock) * 1000),
                "outcome": "failed" if failed else "done",
                "failed": failed,
                # The class alone: what an exception says may quote what it met.
                "error": type(retval).__name__[:100] if failed else "",
            },
        )


def _write(statement: str, values: Mapping[str, Any]) -> None:
    try:
        with connection.cursor() as cursor:
            cursor.execute(statement, values)
    except Error as error:
        log.warning("scheduled_task_not_recorded", entry=values["name"], error=type(error).__name__)
        # The task gets a new connection instead of a broken one.
        connection.close()


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry of the timetable and its record; none if it never ran. `expected_at`: when it runs next, or should."""

    name: str
    task: str
    rhythm: str
    record: ScheduledTask | None
    expected_at: datetime | None
    is_late: bool
    # Begun longer ago than a task may take: its worker died, or was killed with it.
    never_ended: bool

    @property
    def wants_a_look(self) -> bool:
        return self.is_late or self.never_ended or bool(self.record and self.record.failures_in_a_row)


def list_entries(*, now: datetime) -> list[Entry]:
    """Return the whole timetable, by name; one query."""
    records = {record.name: record for record in ScheduledTask.objects.all()}
    # Since when anything is known at all: what has not run since then, and should have, is late too.
    known_since = min((record.first_seen_at for record in records.values()), default=None)
    return [
        _entry(name, given, records.get(name), known_since, now)
        for name, given in sorted(current_app.conf.beat_schedule.items())
    ]


def _entry(
    name: str, given: Mapping[str, Any], record: ScheduledTask | None, known_since: datetime | None, now: datetime
) -> Entry:
    last = record.started_at if record else known_since
    expected_at = next_run(given["schedule"], last) if last else None
    is_late = expected_at is not None and expected_at + GRACE < now
    longest = timedelta(seconds=current_app.conf.task_time_limit)
    never_ended = record is not None and record.outcome == "running" and record.started_at + longest + GRACE < now
    return Entry(name, given["task"], in_words(given["schedule"]), record, expected_at, is_late, never_ended)


def next_run(schedule: float | crontab, last: datetime) -> datetime:
    """Return when beat sends a task after a run at `last`.

    >>> next_run(crontab(hour="2", minute="10"), datetime(2026, 3, 1, 2, 10, 4, tzinfo=UTC))
    datetime.datetime(2026, 3, 2, 2, 10, tzinfo=datetime.timezone.utc)
    """
    if not isinstance(schedule, crontab):
        return last + timedelta(seconds=schedule)
    start, step, _ = schedule.remaining_delta(last, tz=UTC)
    following: datetime = start + step
    return following.astimezone(UTC)


def in_words(schedule: float | crontab) -> str:
    """Say how often a task runs.

    >>> in_words(300.0), in_words(crontab(minute="*/15")), in_words(crontab(hour="2", minute="5"))
    ('every 5 min', 'every 15 min', 'every day at 02:05 UTC')
    >>> in_words(crontab(minute="5", day_of_week="1"))
    'cron 5 * * * 1'
    """
    if not isinstance(schedule, crontab):
        return f"every {schedule / 60:g} min" if schedule >= 60 else f"every {schedule:g} s"
    # It shows itself as "<crontab: 10 2 * * * (m/h/dM/MY/d)>".
    minute, hour, *days = str(schedule).removeprefix("<crontab: ").split()[:5]
    if minute.startswith("*/") and hour == "*" and days == ["*"] * 3:
        return f"every {minute[2:]} min"
    if minute.isdecimal() and days == ["*"] * 3:
        if hour.isdecimal():
            return f"every day at {hour:0>2}:{minute:0>2} UTC"
        if hour == "*":
            return f"every hour at minute {minute}"
    return " ".join(["cron", minute, hour, *days])
