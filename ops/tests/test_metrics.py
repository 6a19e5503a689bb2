"""What Prometheus is told, who may ask, and the alerts that stand on it."""

from __future__ import annotations

import math
import re
import shutil
import subprocess
from collections.abc import Mapping
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
import redis
import yaml
from django.core.cache import cache
from django.test import Client
from django.utils import timezone
from prometheus_client.parser import text_string_to_metric_families

from authentication.tests.factories import make_user
from core.models import ReadingSchedule
from core.tests.factories import make_profile
from notifications.kinds import Channel, Kind
from notifications.models import Delivery, State
from notifications.services import set_channel_switch
from notifications.tests.factories import queue
from numerai import counters
from ops import heartbeat, metrics
from ops.metrics import render_metrics
from ops.models import ScheduledTask

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("fresh_counts")]
ROOT = Path(__file__).resolve().parents[2]
ALERTS = ROOT / "deploy" / "prometheus" / "alerts.yml"
RULES = [rule for group in yaml.safe_load(ALERTS.read_text())["groups"] for rule in group["rules"]]
TOKEN = "a-token-of-the-tests-that-is-long-enough"


def told(name: str, **labels: str) -> float:
    """Return the one sample of this name and these labels."""
    return samples()[name, tuple(sorted(labels.items()))]


def samples() -> Mapping[tuple[str, tuple[tuple[str, str], ...]], float]:
    return {
        (sample.name, tuple(sorted(sample.labels.items()))): sample.value
        for family in text_string_to_metric_families(render_metrics(now=timezone.now()).decode())
        for sample in family.samples
    }


# Who may ask


def test_prometheus_on_this_machine_may_ask(client: Client):
    answer = client.get("/metrics")
    assert (answer.status_code, answer["Content-Type"]) == (200, "text/plain; version=0.0.4; charset=utf-8")
    assert b"numerai_members_overdue 0.0" in answer.content
    assert "no-store" in answer["Cache-Control"]
    assert "Set-Cookie" not in answer


@pytest.mark.parametrize("address", ["203.0.113.9", "10.0.0.1", "2001:db8::1", ""])
def test_another_address_is_refused_in_the_envelope(address: str):
    answer = Client(REMOTE_ADDR=address).get("/metrics")
    assert (answer.status_code, answer.json()["error"]["code"]) == (403, "PERMISSION_DENIED")


@pytest.mark.parametrize("address", ["10.1.2.3", "2001:db8:1::5"])
def test_the_networks_of_the_settings_may_ask(settings: Any, address: str):
    settings.METRICS_NETWORKS = ["10.0.0.0/8", "2001:db8:1::/48"]
    assert Client(REMOTE_ADDR=address).get("/metrics").status_code == 200
    assert Client(REMOTE_ADDR="127.0.0.1").get("/metrics").status_code == 403


@pytest.mark.parametrize("header", ["X-Forwarded-For", "Forwarded", "Via"])
@pytest.mark.parametrize("proxies", [0, 1])
def test_what_a_proxy_on_this_machine_forwards_is_not_near(settings: Any, client: Client, header: str, proxies: int):
    settings.TRUSTED_PROXIES = proxies
    assert client.get("/metrics", headers={header: "127.0.0.1"}).status_code == 403


def test_the_token_opens_from_anywhere_and_a_wrong_one_does_not(settings: Any):
    settings.METRICS_TOKEN = TOKEN
    far = Client(REMOTE_ADDR="203.0.113.9")
    assert far.get("/metrics", headers={"Authorization": f"Bearer {TOKEN}"}).status_code == 200
    refused = far.get("/metrics", headers={"Authorization": f"Bearer {TOKEN}x"})
    assert (refused.status_code, refused.json()["error"]["code"]) == (401, "NOT_AUTHENTICATED")
    assert refused["WWW-Authenticate"] == "Bearer"


def test_an_empty_token_opens_nothing(settings: Any):
    settings.METRICS_TOKEN = ""
    far = Client(REMOTE_ADDR="203.0.113.9")
    assert far.get("/metrics", headers={"Authorization": "Bearer "}).status_code == 403


def test_asking_often_is_never_refused(client: Client):
    assert {client.get("/metrics").status_code for _ in range(150)} == {200}


# What they are told


@pytest.fixture
def due_for_20_minutes() -> None:
    user = make_user()
    make_profile(user)
    ReadingSchedule.objects.update(
        next_reading_at=timezone.now() - timedelta(minutes=20), next_reading_on=date(2026, 11, 21), last_reading_on=None
    )


def test_members_who_are_due_are_told(due_for_20_minutes: None):
    assert told("numerai_members_overdue") == 1
    assert told("numerai_readings_due_lag_seconds") == pytest.approx(1200, abs=30)
    assert told("numerai_members_set_aside") == 0


def test_a_member_who_was_set_aside_is_not_overdue(due_for_20_minutes: None):
    ReadingSchedule.objects.update(set_aside_at=timezone.now(), set_aside_for="no_numbers")
    assert told("numerai_members_set_aside") == 1
    assert told("numerai_members_overdue") == 0
    assert told("numerai_readings_due_lag_seconds") == 0


def test_a_member_is_overdue_after_15_minutes_only(due_for_20_minutes: None):
    ReadingSchedule.objects.update(next_reading_at=timezone.now() - timedelta(minutes=14))
    assert told("numerai_members_overdue") == 0


def test_counting_ends_somewhere(due_for_20_minutes: None, monkeypatch: pytest.MonkeyPatch):
    make_profile(make_user())
    ReadingSchedule.objects.update(
        next_reading_at=timezone.now() - timedelta(hours=1), next_reading_on=date(2026, 11, 21), last_reading_on=None
    )
    monkeypatch.setattr(metrics, "MOST", 1)
    assert told("numerai_members_overdue") == 1


def test_what_waits_is_told_by_channel_and_class():
    now = timezone.now()
    queue(expires_at=now + timedelta(hours=1))
    queue(subject="2", expires_at=now + timedelta(hours=1))
    Delivery.objects.filter(subject="1").update(send_at=now - timedelta(minutes=3))
    queue(Kind.WELCOME, send_at=now + timedelta(hours=1), expires_at=None)
    urgent = {"channel": "email", "class": "urgent"}
    assert told("numerai_deliveries_due", **urgent) == 2
    assert told("numerai_deliveries_oldest_due_seconds", **urgent) == pytest.approx(180, abs=10)
    later = {"channel": "email", "class": "transactional"}
    assert (told("numerai_deliveries_due", **later), told("numerai_deliveries_oldest_due_seconds", **later)) == (0, 0)


def test_a_delivery_at_a_sender_that_may_be_dead_grows_older():
    queue(expires_at=timezone.now() + timedelta(hours=1))
    now = timezone.now()
    Delivery.objects.update(state=State.SENDING, lease_until=now, send_at=now - timedelta(minutes=2))
    late = told("numerai_deliveries_oldest_due_seconds", channel="email", **{"class": "urgent"})
    assert late == pytest.approx(120, abs=10)


def test_a_channel_that_is_off_is_told():
    assert told("numerai_channel_on", channel="email") == 1
    set_channel_switch(channel=Channel.EMAIL, is_on=False, reason="a drill")
    assert told("numerai_channel_on", channel="email") == 0


def test_rows_outside_their_months_are_told():
    queue(due_on=date(2001, 1, 1))
    assert told("numerai_default_partition_rows", table="notifications_delivery") == 1
    assert told("numerai_default_partition_rows", table="daily_readings") == 0


def test_signs_of_life_and_their_absence_are_told():
    cache.clear()
    heartbeat.Heart("beat").beat()
    assert told("numerai_heartbeat_age_seconds", part="beat") < 5
    assert told("numerai_heartbeat_age_seconds", part="worker") == math.inf


def test_tasks_that_wait_are_told(settings: Any):
    url = settings.CELERY_BROKER_URL.replace("redis+socket://", "unix://").replace("virtual_host=", "db=")
    with redis.Redis.from_url(url) as broker:
        broker.delete("numerai:celery:urgent")
        broker.rpush("numerai:celery:urgent", "a", "b")
        found = told("numerai_queue_tasks", queue="urgent")
        broker.delete("numerai:celery:urgent")
    assert found == 2


def test_a_histogram_is_told_as_prometheus_wants_it():
    took = next(one for one in counters.list_defined() if one.name == "numerai_delivery_seconds")
    assert isinstance(took, counters.Histogram)
    for seconds in (0.5, 10, 10, 4000):
        took.observe(seconds, "daily_reading", "fcm")
    of = {"kind": "daily_reading", "channel": "fcm"}
    buckets = [told("numerai_delivery_seconds_bucket", le=le, **of) for le in ("1.0", "5.0", "15.0", "3600.0", "+Inf")]
    assert buckets == [1, 1, 3, 3, 4]
    assert told("numerai_delivery_seconds_sum", **of) == 4020.5
    assert told("numerai_delivery_seconds_count", **of) == 4


def test_a_source_that_does_not_answer_leaves_the_others(settings: Any):
    settings.CELERY_BROKER_URL = "redis://127.0.0.1:1/1"
    assert told("numerai_source_up", source="broker") == 0
    assert told("numerai_source_up", source="database") == 1
    assert told("numerai_members_overdue") == 0


def test_what_older_code_counted_with_other_labels_is_left_out():
    counters.sums.add({("numerai_readings_prepared_total", "surprise"): 3})
    assert {name for name, labels in samples() if labels == (("", "surprise"),)} == set()
    assert ("numerai_readings_prepared_total", ()) not in samples()


def test_asking_costs_the_same_however_much_waits(django_assert_num_queries: Any):
    # savepoint, timeout, lag, what is open, switches, timetable, strays of two tables, release
    for number in range(5):
        queue(subject=str(number))
    with django_assert_num_queries(9):
        render_metrics(now=timezone.now())


def test_a_task_of_the_timetable_in_trouble_is_told():
    assert told("numerai_timetable_in_trouble", entry="send-urgent") == 0
    ScheduledTask.objects.create(
        name="send-urgent", first_seen_at=timezone.now(), started_at=timezone.now(), outcome="failed", runs=1,
        failures=1, failures_in_a_row=1, error="OSError",
    )  # fmt: skip
    assert told("numerai_timetable_in_trouble", entry="send-urgent") == 1


# Alerts


def observed_names() -> set[str]:
    names = set()
    for line in render_metrics(now=timezone.now()).decode().splitlines():
        if line.startswith("# TYPE "):
            _, _, name, kind = line.split()
            names |= {f"{name}_{part}" for part in ("bucket", "sum", "count")} if kind == "histogram" else {name}
    return names


def count_one_of_each() -> None:
    for one in counters.list_defined():
        values = ["x"] * len(one.labels)
        one.observe(1, *values) if isinstance(one, counters.Histogram) else one.add(1, *values)


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule["alert"])
def test_an_alert_asks_for_what_is_told_and_says_what_to_do(rule: dict[str, Any]):
    asked = set(re.findall(r"numerai_\w+", rule["expr"]))
    assert asked
    assert asked <= observed_names()
    assert rule["labels"]["severity"] in ("page", "warn")
    assert rule["annotations"]["summary"]
    assert f"| {rule['alert']} |" in (ROOT / "docs" / "operations.md").read_text()


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule["alert"])
def test_an_alert_chooses_by_labels_that_exist(rule: dict[str, Any]):
    count_one_of_each()
    known = {(name, label) for name, labels in samples() for label, _ in labels}
    chosen = {
        (name, label)
        for name, inside in re.findall(r"(numerai_\w+)\{([^}]*)\}", rule["expr"])
        for label in re.findall(r"(\w+)\s*(?:=~|!~|!=|=)", inside)
    }
    assert chosen <= known


def test_every_part_of_the_metrics_has_an_alert_that_watches_it():
    used = set(re.findall(r"numerai_\w+", ALERTS.read_text()))
    unwatched = {name for name in observed_names() - used if not name.endswith(("_sum", "_count"))}
    unwatched -= {name for name in unwatched if name.startswith("test_")}
    assert unwatched <= {"numerai_deliveries_due", "numerai_push_pace_seconds_bucket"}


@pytest.mark.skipif(shutil.which("promtool") is None, reason="promtool is not on this machine")
@pytest.mark.parametrize("command", ["check rules alerts.yml", "test rules alerts.test.yml"])
def test_promtool_accepts_the_alerts_and_they_fire_when_they_should(command: str):
    done = subprocess.run(["promtool", *command.split()], cwd=ALERTS.parent, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
