from __future__ import annotations

import threading
import time

import pytest
from django.core.cache import cache
from django.db import connection

from ops import health, heartbeat
from ops.health import CheckResult, Prober, overall

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _fresh_signs():
    cache.clear()
    yield
    cache.clear()


@pytest.fixture
def hanging():
    """A check that hangs until the test ends."""
    release = threading.Event()
    calls = []

    def hang() -> None:
        calls.append(1)
        release.wait(30)

    hang.calls = calls
    yield hang
    release.set()


def test_live_answers_without_touching_the_database(client, django_assert_num_queries):
    with django_assert_num_queries(0):
        answer = client.get("/health/live")
    assert (answer.status_code, answer.json()) == (200, {"status": "healthy"})


def test_ready_is_healthy_with_every_backend_up(client):
    answer = client.get("/health/ready")
    assert answer.status_code == 200
    assert answer.json()["status"] == "healthy"
    assert {name: check["status"] for name, check in answer.json()["checks"].items()} == {
        "database": "ok", "migrations": "ok", "warm_up": "ok", "cache": "ok", "broker": "ok",
    }  # fmt: skip


def test_health_says_degraded_while_worker_and_beat_give_no_sign(client):
    answer = client.get("/health")
    assert answer.status_code == 200
    assert answer.json()["status"] == "degraded"
    assert answer.json()["checks"]["worker"] == {"status": "failing"}
    assert answer.json()["checks"]["worker_urgent"] == {"status": "failing"}
    assert answer.json()["checks"]["beat"] == {"status": "failing"}


def test_health_shows_the_age_of_each_sign(client):
    heartbeat.Heart("worker").beat()
    heartbeat.Heart("worker_urgent").beat()
    heartbeat.Heart("beat").beat()
    answer = client.get("/health").json()
    assert answer["status"] == "healthy"
    assert answer["checks"]["worker"]["status"] == "ok"
    assert answer["checks"]["worker_urgent"]["status"] == "ok"
    assert 0 <= answer["checks"]["beat"]["age_seconds"] < 5


def test_an_old_sign_is_failing_and_shows_its_age(client, time_machine):
    heartbeat.Heart("worker").beat()
    time_machine.move_to(time.time() + 31)
    check = client.get("/health").json()["checks"]["worker"]
    assert check["status"] == "failing"
    assert check["age_seconds"] == pytest.approx(31, abs=2)


def test_a_heart_writes_once_an_interval(django_assert_num_queries):
    heart = heartbeat.Heart("worker")
    heart.beat()
    cache.clear()
    heart.beat()
    assert heartbeat.age_of("worker") is None


def test_a_cache_that_is_down_does_not_stop_the_heart(settings):
    settings.CACHES = {"default": {**settings.CACHES["default"], "LOCATION": "redis://127.0.0.1:1/0"}}
    heartbeat.Heart("worker").beat()


def test_ready_is_degraded_and_still_200_without_cache_and_broker(client, settings):
    settings.CACHES = {"default": {**settings.CACHES["default"], "LOCATION": "redis://127.0.0.1:1/0"}}
    settings.CELERY_BROKER_URL = "redis://127.0.0.1:1/1"
    answer = client.get("/health/ready")
    assert answer.status_code == 200
    assert answer.json()["status"] == "degraded"
    assert answer.json()["checks"]["cache"] == {"status": "failing"}
    assert answer.json()["checks"]["broker"] == {"status": "failing"}


def test_ready_is_503_while_a_migration_is_missing(client, monkeypatch):
    monkeypatch.setattr(health, "_is_migrated", False)
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM django_migrations WHERE app = 'sessions' RETURNING name, applied")
        rows = cursor.fetchall()
    answer = client.get("/health/ready")
    with connection.cursor() as cursor:
        cursor.executemany("INSERT INTO django_migrations (app, name, applied) VALUES ('sessions', %s, %s)", rows)
    assert answer.status_code == 503
    assert answer.json()["status"] == "unhealthy"
    assert answer.json()["checks"]["migrations"] == {"status": "failing"}


@pytest.mark.parametrize("method", ["post", "put", "patch", "delete"])
def test_only_reading_is_allowed(client, method):
    assert getattr(client, method)("/health").status_code == 405


def test_answers_are_never_cached(client):
    assert "no-store" in client.get("/health/live")["Cache-Control"]


def test_a_check_that_hangs_costs_no_more_than_the_deadline(hanging):
    prober = Prober({"database": hanging, "cache": lambda: None})
    started = time.monotonic()
    results = prober.ask(["database", "cache"], deadline=0.2)
    assert time.monotonic() - started < 1.5
    assert results["database"] == CheckResult("failing")
    assert results["cache"].status == "ok"


def test_a_check_that_hangs_is_not_asked_again_meanwhile(hanging):
    prober = Prober({"database": hanging})
    prober.ask(["database"], deadline=0.05)
    prober.ask(["database"], deadline=0.05)
    assert len(hanging.calls) == 1


def test_an_error_is_failing_and_its_text_stays_inside():
    def fail() -> None:
        raise RuntimeError("password=topsecret")

    assert Prober({"database": fail}).ask(["database"]) == {"database": CheckResult("failing")}


@pytest.mark.parametrize(
    ("failing", "status"),
    [((), "healthy"), (("cache",), "degraded"), (("beat", "worker"), "degraded"), (("database", "cache"), "unhealthy")],
)
def test_the_whole_is_as_ill_as_its_vital_parts(failing, status):
    results = {name: CheckResult("failing" if name in failing else "ok") for name in health.CHECKS}
    assert overall(results) == status
