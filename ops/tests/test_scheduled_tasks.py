"""The record of scheduled tasks: what the worker writes down, what survives, and what counts as late."""

from __future__ import annotations

import doctest
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from celery import shared_task
from celery.app.trace import build_tracer
from celery.beat import ScheduleEntry
from celery.schedules import crontab
from django.db import OperationalError, connection
from django.test import Client
from django.utils import timezone

from authentication.tests.factories import make_staff
from numerai.celery import app
from ops import timetable
from ops.heartbeat import HeartbeatScheduler
from ops.models import ScheduledTask
from ops.timetable import list_entries, next_run

pytestmark = pytest.mark.django_db

ENTRY = "prepare-readings"


class Mishap(Exception):
    """Fails, and says what nobody should keep."""


@shared_task(name="ops.tests.scheduled")
def scheduled(how: str = "well") -> None:
    if how == "badly":
        raise Mishap("ada@example.org was born on 1815-12-10")


def run(how: str = "well", *, entry: str = ENTRY) -> ScheduledTask:
    """Run the task as a worker does, with the header that beat sends; return what was written down."""
    work(how, entry)
    return ScheduledTask.objects.get(name=entry)


def work(how: str, entry: str) -> None:
    trace = build_tracer(scheduled.name, scheduled, app=app)
    trace("task-1", (how,), {}, {timetable.HEADER: entry, "id": "task-1", "delivery_info": {}})


@pytest.fixture
def inside() -> Client:
    client = Client()
    client.force_login(make_staff(password=None))
    return client


def test_a_run_is_written_down_with_when_how_long_and_how_it_ended():
    before = timezone.now()
    record = run()
    assert before <= record.started_at <= record.ended_at <= timezone.now()
    assert (record.outcome, record.runs, record.failures, record.error) == ("done", 1, 0, "")
    assert record.milliseconds < 60_000
    assert run().runs == 2


def test_a_failure_is_counted_and_remembered_by_its_class_alone():
    run("badly")
    record = run("badly")
    assert (record.outcome, record.failures, record.failures_in_a_row, record.error) == ("failed", 2, 2, "Mishap")
    assert record.failed_at == record.ended_at
    mended = run()
    assert (mended.outcome, mended.failures, mended.failures_in_a_row, mended.error) == ("done", 2, 0, "Mishap")
    with connection.cursor() as cursor:
        cursor.execute("SELECT ops_scheduledtask::text FROM ops_scheduledtask")
        assert "ada@example.org" not in str(cursor.fetchall())


def test_a_task_that_the_timetable_did_not_send_is_nobodys_run():
    scheduled.apply()
    assert not ScheduledTask.objects.exists()


def test_two_entries_that_send_one_task_have_a_record_each():
    run(entry="send-urgent"), run(entry="send-ordinary")
    assert ScheduledTask.objects.count() == 2


def test_a_run_that_was_overtaken_is_counted_and_says_nothing_of_the_later_one():
    def begin(task_id: str) -> None:
        scheduled.push_request(id=task_id, **{timetable.HEADER: ENTRY})
        timetable._on_begin(task_id=task_id, task=scheduled)
        scheduled.pop_request()

    begin("first"), begin("second")
    timetable._on_end(task_id="first", state="SUCCESS")
    record = ScheduledTask.objects.get()
    assert (record.outcome, record.ended_at, record.milliseconds) == ("running", None, None)
    timetable._on_end(task_id="second", state="SUCCESS")
    record.refresh_from_db()
    assert (record.outcome, record.ended_at is None) == ("done", False)


def test_beat_sends_each_task_with_the_name_of_its_entry(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    sent: list[dict[str, Any]] = []
    monkeypatch.setattr(app.tasks[scheduled.name], "apply_async", lambda *_, **options: sent.append(options))
    beat = HeartbeatScheduler(app=app, lazy=True, schedule_filename=str(tmp_path / "schedule"))
    beat.apply_async(ScheduleEntry(name=ENTRY, task=scheduled.name, schedule=60.0, app=app), advance=False)
    assert sent[0]["headers"][timetable.HEADER] == ENTRY


class Away:
    """A database that is gone: whatever is asked of it fails."""

    closed = 0

    def cursor(self) -> Any:
        raise OperationalError("the server closed the connection")

    def close(self) -> None:
        self.closed += 1


def test_a_task_runs_although_nothing_can_be_written_down(monkeypatch: pytest.MonkeyPatch):
    ran: list[str] = []
    away = Away()
    monkeypatch.setattr(timetable, "connection", away)
    monkeypatch.setattr(scheduled, "run", lambda how: ran.append(how))
    work("well", ENTRY)
    assert ran == ["well"]
    # Before the task and after it: neither is left with a connection that is broken.
    assert away.closed == 2
    assert not ScheduledTask.objects.exists()


def record(name: str, *, started_at: datetime, **fields: Any) -> ScheduledTask:
    row = {"first_seen_at": started_at, "outcome": "done", "runs": 1, "failures": 0, "failures_in_a_row": 0, **fields}
    return ScheduledTask.objects.create(name=name, started_at=started_at, **row)


NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)


def entry(name: str) -> timetable.Entry:
    return next(entry for entry in list_entries(now=NOW) if entry.name == name)


@pytest.mark.parametrize(
    ("name", "ago", "is_late"),
    [
        ("prepare-readings", timedelta(minutes=4), False),
        ("prepare-readings", timedelta(minutes=5), True),
        ("roll-up-dashboard", timedelta(minutes=7), False),
        ("maintain-deliveries", timedelta(hours=9), False),
        ("maintain-deliveries", timedelta(hours=34), True),
    ],
)
def test_what_has_not_begun_three_minutes_after_its_time_is_late(name: str, ago: timedelta, is_late: bool):
    record(name, started_at=NOW - ago)
    assert entry(name).is_late is is_late


def test_what_never_ran_is_late_once_its_time_has_passed_since_anything_did():
    record("prepare-readings", started_at=NOW - timedelta(hours=1))
    assert (entry("publish-due-content").is_late, entry("maintain-deliveries").is_late) == (True, False)


def test_before_anything_ran_nothing_is_late():
    assert [entry for entry in list_entries(now=NOW) if entry.wants_a_look] == []


def test_a_run_that_outlived_the_time_limit_has_never_ended():
    record(ENTRY, started_at=NOW - timedelta(minutes=14), outcome="running")
    assert entry(ENTRY).never_ended


@pytest.mark.parametrize(
    ("schedule", "following"),
    [
        (60.0, datetime(2026, 3, 2, 12, 1, tzinfo=UTC)),
        (crontab(minute="20"), datetime(2026, 3, 2, 12, 20, tzinfo=UTC)),
        (crontab(hour="2", minute="10"), datetime(2026, 3, 3, 2, 10, tzinfo=UTC)),
    ],
)
def test_the_next_run_follows_the_schedule(schedule: Any, following: datetime):
    assert next_run(schedule, NOW) == following


def test_the_page_names_every_entry_and_what_is_wrong(inside: Client):
    record(ENTRY, started_at=timezone.now() - timedelta(hours=1), outcome="failed", failures_in_a_row=3, error="Mishap")
    page = inside.get("/admin/operations/timetable/").content.decode()
    assert [name for name in app.conf.beat_schedule if name not in page] == []
    assert "failed: Mishap, 3 times in a row" in page
    assert "late since" in page


def test_the_page_costs_the_same_for_one_record_and_for_all(inside: Client, django_assert_num_queries):
    # The Django session, the staff user, the records.
    with django_assert_num_queries(3):
        inside.get("/admin/operations/timetable/")
    for name in app.conf.beat_schedule:
        record(name, started_at=timezone.now())
    with django_assert_num_queries(3):
        inside.get("/admin/operations/timetable/")


def test_its_examples_are_true():
    assert doctest.testmod(timetable) == (0, 3)
