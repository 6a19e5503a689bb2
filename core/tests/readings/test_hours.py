"""A day of readings hour by hour."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import time, timedelta
from typing import Any

import pytest
from django.db import connection, transaction

from core.models import DailyReading
from core.selectors.reading_hours import get_day_by_hour
from core.selectors.reading_operations import get_trouble, list_days_in_trouble, list_days_undelivered
from core.services.prepare import prepare_due_readings, retry_set_aside
from core.services.schedules import set_schedule
from core.tests.content.factories import publish_short_edition
from core.tests.readings.factories import SEVEN, TODAY, YESTERDAY_NOON, make_member, schedule_of, spoil
from notifications.models import Delivery, State
from numerai.tests.waiting import wait_until

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _texts() -> None:
    publish_short_edition()


def hours(counts: list[int]) -> dict[int, int]:
    return {hour: count for hour, count in enumerate(counts) if count}


def prepare() -> None:
    prepare_due_readings(now=SEVEN + timedelta(hours=2))
    DailyReading.objects.update(made_at=SEVEN + timedelta(hours=2))


def test_members_are_due_at_their_own_hour_whenever_their_reading_was_made():
    for zone in ("UTC", "Asia/Kathmandu", "America/New_York"):
        set_schedule(user_id=make_member(time_zone=zone).pk, changes={}, now=YESTERDAY_NOON)
    early = make_member()
    set_schedule(user_id=early.pk, changes={"weekday_times": [time(5, 30)] * 7}, now=YESTERDAY_NOON)
    prepare()
    seen = get_day_by_hour(day=TODAY)
    # 01:15 in UTC is seven in Kathmandu; New York's hour, 11:00, has not come.
    assert hours(seen.due) == {1: 1, 5: 1, 7: 1, 11: 1}
    assert hours(seen.made) == {9: 3}


def test_who_waits_from_a_day_before_is_counted_apart():
    make_member(next_reading_at=SEVEN - timedelta(days=1), next_reading_on=TODAY - timedelta(days=1))
    seen = get_day_by_hour(day=TODAY)
    assert (seen.due_before, sum(seen.due)) == (1, 0)


@pytest.mark.parametrize(("state", "delivered", "failed"), [("sent", 1, 0), ("failed", 0, 1), ("expired", 0, 1)])
def test_deliveries_are_counted_by_the_hour_of_their_end(state: str, delivered: int, failed: int):
    make_member()
    prepare()
    Delivery.objects.update(state=state, ended_at=SEVEN + timedelta(hours=3))
    seen = get_day_by_hour(day=TODAY)
    assert (seen.delivered[10], seen.failed[10]) == (delivered, failed)
    assert (sum(seen.delivered), sum(seen.failed)) == (delivered, failed)


@pytest.mark.parametrize("members", [1, 4])
def test_a_day_takes_four_queries(members: int, django_assert_num_queries: Any):
    [make_member() for _ in range(members)]
    prepare()
    with django_assert_num_queries(4):
        get_day_by_hour(day=TODAY)


def test_trouble_is_counted_to_a_limit_with_the_oldest_first():
    poisoned = make_member()
    spoil(poisoned, option_set="calendar-x")
    prepare()
    [make_member() for _ in range(3)]
    now = SEVEN + timedelta(minutes=10)
    seen = get_trouble(now=now, limit=2)
    assert (seen.due, seen.is_at_least, seen.oldest_due_at, seen.set_aside) == (2, True, SEVEN, {"no_numbers": 1})
    assert not get_trouble(now=now, limit=4).is_at_least


def test_the_days_of_members_in_trouble_and_undelivered_are_listed_page_by_page():
    served = sorted((make_member() for _ in range(2)), key=lambda user: user.pk)
    prepare()
    Delivery.objects.update(state=State.FAILED, outcome="smtp_550", ended_at=SEVEN)
    waiting = make_member()
    now = SEVEN + timedelta(hours=3)
    assert [row.user_id for row in list_days_in_trouble(day=TODAY, now=now)] == [waiting.pk]
    first = list_days_undelivered(day=TODAY, now=now, limit=1)
    rest = list_days_undelivered(day=TODAY, now=now, after=first[0].user_id)
    assert [row.user_id for row in first + rest] == [user.pk for user in served]
    assert first[0].deliveries == [("email", "failed", "smtp_550")]


def test_those_set_aside_for_one_reason_are_tried_again_in_bounded_numbers():
    members = [make_member() for _ in range(3)]
    [spoil(member, option_set="calendar-x") for member in members[:2]]
    prepare()
    spoil(members[2], option_set="calendar-x")
    assert retry_set_aside(reason="something_else") == 0
    assert [retry_set_aside(reason="no_numbers", limit=1) for _ in range(3)] == [1, 1, 0]
    assert {schedule_of(member.pk).set_aside_for for member in members} == {""}


def is_anybody_held_up() -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_locks WHERE NOT granted")
        return bool(cursor.fetchone()[0])


@pytest.mark.django_db(transaction=True)
def test_who_waited_for_anothers_try_finds_nobody_left_to_try():
    spoil(make_member(), option_set="calendar-x")
    prepare()

    def press() -> int:
        try:
            return retry_set_aside(reason="no_numbers", limit=5)
        finally:
            connection.close()

    with ThreadPoolExecutor(1) as pool:
        with transaction.atomic():
            first = retry_set_aside(reason="no_numbers", limit=5)
            second = pool.submit(press)
            wait_until(is_anybody_held_up)
        assert (first, second.result()) == (1, 0)
