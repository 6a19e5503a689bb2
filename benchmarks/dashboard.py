"""How long staff wait for the dashboard of a product with a million members.

Usage: python benchmarks/dashboard.py [--quick]

A million members (--quick: a hundred thousand), a session for a third of them, hours for readings, and two days of
readings and deliveries are generated in a throw-away database. The timetable's rollup is run once and timed; then the
page is asked for by a member of the staff, through the whole of Django. The goal is for the page, at the median of its
turns; the rollup is printed beside it, for it is what the page would otherwise wait for, and so are the pages of the
operations, which read bounded lists themselves.
"""

import argparse
import os
import statistics
import sys
import time
from datetime import timedelta
from pathlib import Path

# In this folder's place: it holds an http.py, which would stand before the library's.
sys.path[0] = str(Path(__file__).resolve().parents[1])
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "numerai.settings")

from ops.embedded import pytest_plugin  # starts throw-away servers and points the environment at them

assert pytest_plugin.TEMPLATE in os.environ["DATABASE_URL"]
os.environ["LOG_LEVEL"] = "WARNING"

import django

django.setup()

from django.conf import settings
from django.db import connection
from django.test import Client
from django.utils import timezone

from authentication.models import User
from ops.dashboard import measure_all

GOAL, LONGEST = "dashboard_page_ms_at_most", 300.0
TURNS = 20

_MEMBERS = """
INSERT INTO authentication_user (email, password, is_superuser, is_verified, full_name, is_active, is_staff, created_at)
SELECT 'member' || n || '@example.com', '!', false, n %% 7 > 0, '', true, false,
    now() - (n %% 900) * interval '1 day' - (n %% 86400) * interval '1 second'
FROM generate_series(1, %s) AS n
"""
_SESSIONS = """
INSERT INTO authentication_session
    (id, user_id, current, previous, rotated_at, device, network, created_at, last_seen_at, expires_at, end_reason)
SELECT uuidv7(), id, '', '', now(), 'Firefox', '', created_at, now() - random() * interval '60 days',
    now() + interval '30 days', ''
FROM authentication_user WHERE hashtext(id::text) %% 3 = 0
"""
_DELIVERIES = """
INSERT INTO notifications_delivery
    (id, due_on, user_id, kind, channel, priority, subject, target, language, state, attempts, send_at, outcome,
     provider_message_id, created_at, ended_at)
SELECT uuidv7(), current_date - (n %% 2)::int, id, 'daily_reading', (ARRAY['fcm', 'webpush', 'email'])[1 + n %% 3],
    2, n::text, id::text, '', CASE WHEN n %% 50 = 0 THEN 'failed' ELSE 'sent' END, 1, now(), '', '', now(), now()
FROM (SELECT id, row_number() OVER () AS n FROM authentication_user) AS member
"""
# Half of the members had today's reading already, a few of them late; the rest wait for their hour.
_SCHEDULES = """
INSERT INTO core_readingschedule
    (user_id, time_zone, reading_time, days_off, wants_daily, next_reading_at, next_reading_on, last_reading_on,
     set_aside_for)
SELECT id, (ARRAY['UTC', 'Europe/Berlin', 'Asia/Kathmandu', 'America/New_York', 'Asia/Tokyo'])[1 + n %% 5],
    time '05:00' + (n %% 16) * interval '15 minutes', 0, true, now() + (1 + n %% 1400) * interval '1 minute',
    current_date + (n %% 2)::int, current_date - 1 + (n %% 2)::int, ''
FROM (SELECT id, row_number() OVER () AS n FROM authentication_user) AS member
"""
_READINGS = """
INSERT INTO daily_readings
    (made_at, user_id, reading_date, content_version, edition, engine_version, personal_year, personal_month,
     personal_day, universal_day, day_count, life_path, option_set)
SELECT date_trunc('day', now()) - back * interval '1 day' + random() * (now() - date_trunc('day', now())), user_id,
    current_date - back, 1, 1, 1, 1, 1, 1, 1, 1, 1, 'calendar'
FROM core_readingschedule, generate_series(0, 1) AS back WHERE last_reading_on >= current_date - back
ORDER BY back, user_id
"""
OPERATIONS = (
    "readings/",
    "readings/?show=without",
    # Everybody has one: the whole day is looked through in vain.
    "readings/?show=without&day={yesterday}",
    "readings/?show=with",
    "readings/?show=undelivered",
    "outbox/",
    "channels/",
    "timetable/",
    "system/",
)


def generate(members: int) -> None:
    """Fill the database with plain SQL: what is measured is reading."""
    with connection.cursor() as cursor:
        cursor.execute("SET statement_timeout = 0")
        cursor.execute(_MEMBERS, [members])
        cursor.execute(_SESSIONS, [])
        cursor.execute(_DELIVERIES, [])
        cursor.execute(_SCHEDULES, [])
        cursor.execute(_READINGS, [])
        cursor.execute("ANALYZE")


def milliseconds_of_page(client: Client, path: str = "/admin/", *, holds: int = 5) -> float:
    started = time.perf_counter()
    page = client.get(path)
    took = (time.perf_counter() - started) * 1000
    assert page.status_code == 200
    assert page.content.count(b'<section class="card') >= holds
    return took


def main() -> int:
    """Measure, print and return the exit code: 1 when the goal is missed."""
    parser = argparse.ArgumentParser(description="How long staff wait for the dashboard.")
    parser.add_argument("--quick", action="store_true", help="a hundred thousand members instead of a million")
    members = 100_000 if parser.parse_args().quick else 1_000_000
    settings.ALLOWED_HOSTS = ["testserver"]
    generate(members)
    started = time.perf_counter()
    measure_all(now=timezone.now())
    print(
        f"members {members}, rollup {(time.perf_counter() - started) * 1000:.0f} ms, every five minutes, in the worker"
    )
    client = Client()
    client.force_login(User.objects.create_superuser(email="staff@example.com"))
    # The first page compiles the templates.
    turns = [milliseconds_of_page(client) for _ in range(TURNS + 1)][1:]
    median = statistics.median(turns)
    print(f"page p50 {median:.0f} ms, slowest of {TURNS} {max(turns):.0f} ms")
    yesterday = timezone.now().date() - timedelta(days=1)
    for name in (name.format(yesterday=yesterday) for name in OPERATIONS):
        path = f"/admin/operations/{name}"
        times = [milliseconds_of_page(client, path, holds=0) for _ in range(TURNS // 4 + 1)][1:]
        print(f"operations/{name} p50 {statistics.median(times):.0f} ms, slowest of {len(times)} {max(times):.0f} ms")
    print(f"goal {GOAL} measured {median:.0f} required {LONGEST:g} {'met' if median <= LONGEST else 'missed'}")
    return int(median > LONGEST)


if __name__ == "__main__":
    sys.exit(main())
