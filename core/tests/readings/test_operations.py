"""What operators see of a day, and what they can do about it."""

from __future__ import annotations

from datetime import date, timedelta
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from core.models import DailyReading, ReadingSchedule
from core.selectors.reading_operations import Why, get_member_day, get_overview, list_in_trouble, list_members
from core.services.prepare import NO_NUMBERS, prepare_due_readings
from core.services.schedules import set_schedule
from core.tests.content.factories import publish_short_edition
from core.tests.readings.factories import SEVEN, TODAY, YESTERDAY_NOON, make_member, schedule_of, spoil
from notifications.kinds import Channel
from notifications.models import Delivery, State
from numerai.db import uuid7

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _texts() -> None:
    publish_short_edition()


def run(name: str, *arguments: str) -> str:
    written = StringIO()
    call_command(name, *arguments, stdout=written)
    return written.getvalue()


def test_an_overview_counts_what_was_made_what_waits_and_what_was_set_aside():
    make_member()
    poisoned = make_member()
    spoil(poisoned, option_set="calendar-x")
    prepare_due_readings(now=SEVEN)
    make_member()
    seen = get_overview(day=TODAY, now=SEVEN + timedelta(minutes=5))
    assert (seen.made, seen.due, seen.oldest_due_at) == (1, 1, SEVEN)
    assert seen.set_aside == {NO_NUMBERS: 1}
    assert seen.deliveries == {(Channel.EMAIL, State.QUEUED): 1}


@pytest.mark.parametrize("members", [1, 4])
def test_an_overview_takes_four_queries(members: int, django_assert_num_queries: Any):
    made = [make_member() for _ in range(members)]
    spoil(made[0], option_set="calendar-x")
    prepare_due_readings(now=SEVEN)
    with django_assert_num_queries(4):
        get_overview(day=TODAY, now=SEVEN)


@pytest.mark.parametrize(
    ("changes", "minutes", "why"),
    [
        ({}, -5, Why.TO_COME),
        ({}, 5, Why.WAITING),
        ({"wants_daily": False}, 5, Why.NOT_WANTED),
        ({"paused_until": date(2026, 6, 1)}, 5, Why.PAUSED),
        ({"days_off": 0b0001000}, 5, Why.DAY_OFF),
        ({"days_off": 0b1111111}, 5, Why.DAY_OFF),
    ],
)
def test_a_day_without_a_reading_has_its_reason(changes: dict[str, Any], minutes: int, why: Why):
    user = make_member()
    set_schedule(user_id=user.pk, changes=changes, now=YESTERDAY_NOON)
    found = get_member_day(user_id=user.pk, day=TODAY, now=SEVEN + timedelta(minutes=minutes))
    assert found is not None
    assert (found.why, found.made_at, found.deliveries) == (why, None, [])


def test_a_day_that_was_missed_is_told_from_one_that_waits():
    user = make_member()
    prepare_due_readings(now=SEVEN + timedelta(days=3))
    found = get_member_day(user_id=user.pk, day=TODAY, now=SEVEN + timedelta(days=3))
    assert found is not None
    assert found.why == Why.MISSED


def test_an_account_that_gets_none_says_so():
    user = make_member(next_reading_at=None, next_reading_on=None)
    found = get_member_day(user_id=user.pk, day=TODAY, now=SEVEN)
    assert found is not None
    assert found.why == Why.NOT_OFFERED


def test_a_member_without_a_schedule_has_no_day():
    assert get_member_day(user_id=uuid7(), day=TODAY, now=SEVEN) is None


def test_members_with_and_without_a_reading_are_listed_page_by_page():
    members = sorted((make_member() for _ in range(3)), key=lambda user: user.pk)
    prepare_due_readings(now=SEVEN, only=[members[0].pk, members[2].pk])
    with_one = list_members(day=TODAY, now=SEVEN, has_reading=True, limit=1)
    rest = list_members(day=TODAY, now=SEVEN, has_reading=True, after=with_one[-1].user_id)
    assert [row.user_id for row in with_one + rest] == [members[0].pk, members[2].pk]
    assert with_one[0].deliveries == [("email", "queued", "")]
    without = list_members(day=TODAY, now=SEVEN, has_reading=False)
    assert [(row.user_id, row.why) for row in without] == [(members[1].pk, Why.WAITING)]


@pytest.mark.parametrize("members", [1, 4])
def test_a_page_takes_three_queries(members: int, django_assert_num_queries: Any):
    made = [make_member() for _ in range(members)]
    prepare_due_readings(now=SEVEN)
    with django_assert_num_queries(3):
        assert len(list_members(day=TODAY, now=SEVEN, has_reading=True)) == len(made)


def test_those_in_trouble_are_set_aside_or_due():
    fine, poisoned = make_member(), make_member()
    spoil(poisoned, option_set="calendar-x")
    prepare_due_readings(now=SEVEN)
    waiting = make_member()
    assert {row.pk for row in list_in_trouble(now=SEVEN)} == {poisoned.pk, waiting.pk}
    assert fine.pk not in {row.pk for row in list_in_trouble(now=SEVEN)}


def test_the_commands_prepare_and_tell(time_machine: Any):
    time_machine.move_to(SEVEN, tick=False)
    user = make_member()
    assert "1 members due now, the oldest since 2026-05-07 07:00 UTC" in run("reading_status")
    assert run("prepare_readings", "--dry-run").splitlines() == [
        "Nothing of this is kept.",
        "Members: 1, readings made: 1, deliveries queued: 1, members set aside: 0",
    ]
    assert DailyReading.objects.count() == Delivery.objects.count() == 0
    assert "readings made: 1, deliveries queued: 1" in run("prepare_readings", "--member", user.email)
    assert "1 readings made; 0 members due now" in run("reading_status", "--date", "2026-05-07")
    told = run("reading_status", "--member", str(user.pk))
    assert ["made" in told, "email queued" in told, "next reading at 2026-05-08 07:00 UTC" in told] == [True] * 3


def test_a_day_can_be_prepared_by_hand(time_machine: Any):
    time_machine.move_to(SEVEN, tick=False)
    make_member()
    assert "readings made: 1, deliveries queued: 0" in run("prepare_readings", "--date", "2026-05-08")
    with pytest.raises(CommandError, match="yesterday, today and tomorrow"):
        run("prepare_readings", "--date", "2026-05-20")


def test_those_set_aside_can_be_tried_again_by_hand(time_machine: Any):
    time_machine.move_to(SEVEN, tick=False)
    user = make_member()
    spoil(user, option_set="calendar-x")
    assert "members set aside: 1" in run("prepare_readings")
    assert f"set aside for {NO_NUMBERS}: 1\n  {user.pk}: {NO_NUMBERS}" in run("reading_status")
    spoil(user, option_set="calendar")
    assert "readings made: 1" in run("prepare_readings", "--retry")
    assert schedule_of(user.pk).set_aside_for == ""


def test_a_reading_can_be_sent_at_any_hour(time_machine: Any):
    time_machine.move_to(SEVEN - timedelta(hours=3), tick=False)
    user = make_member()
    assert run("send_reading_now", user.email) == "Readings made: 1, deliveries queued: 1\n"
    assert run("send_reading_now", user.email) == "Readings made: 0, deliveries queued: 0\n"


def test_commands_refuse_members_that_do_not_exist_or_get_none():
    with pytest.raises(CommandError, match="no such member"):
        run("send_reading_now", "nobody@example.com")
    user = make_member()
    ReadingSchedule.objects.all().delete()
    with pytest.raises(CommandError, match="a proven account"):
        run("send_reading_now", user.email)
    assert "not proven" in run("reading_status", "--member", user.email)
