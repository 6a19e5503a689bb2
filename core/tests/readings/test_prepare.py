"""Due readings are made once, by the set, and nobody's broken data hold up the others."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import Any
from uuid import UUID

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from authentication.models import User
from core.models import DailyReading, NumerologyProfile
from core.numerology import PRESETS
from core.numerology.day_table import BIRTHDAYS, option_key
from core.numerology.options import Options
from core.readings.numbers import numbers_on
from core.selectors.content import forget_libraries
from core.selectors.readings import numbers_of
from core.services.prepare import (
    NO_NUMBERS,
    NO_PRIMARY_PROFILE,
    NoEdition,
    Prepared,
    ReadingsNotOffered,
    count_workers,
    prepare_day,
    prepare_due_readings,
    prepare_until_done,
    retry_set_aside,
    send_reading_now,
)
from core.tests.content.factories import publish_short_edition
from core.tests.readings.factories import SEVEN, TODAY, make_member, schedule_of, spoil
from notifications.kinds import Choice, Outlet, Topic
from notifications.models import Delivery
from notifications.services import set_settings
from notifications.tests.factories import add_device
from numerai.counters import read

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


@pytest.fixture(autouse=True)
def _texts() -> None:
    publish_short_edition()


def readings() -> list[tuple[date, UUID]]:
    return sorted(DailyReading.objects.values_list("reading_date", "user_id"))


def deliveries(user: User) -> list[tuple[date, str]]:
    return sorted(Delivery.objects.filter(user_id=user.pk).values_list("due_on", "channel"))


def make_members(count: int) -> list[User]:
    return [make_member() for _ in range(count)]


def forge(user: User, **columns: str) -> None:
    """Write into a schedule what PostgreSQL has a word for and Python has none."""
    with connection.cursor() as cursor:
        for name, value in columns.items():
            cursor.execute(f"UPDATE core_readingschedule SET {name} = %s WHERE user_id = %s", [value, user.pk])  # noqa: S608


def test_a_member_who_is_due_gets_a_reading_a_delivery_and_the_next_hour():
    user = make_member()
    assert prepare_due_readings(now=SEVEN) == Prepared(claimed=1, readings=1, deliveries=1)
    assert readings() == [(TODAY, user.pk)]
    assert deliveries(user) == [(TODAY, "email")]
    schedule = schedule_of(user.pk)
    assert (schedule.last_reading_on, schedule.next_reading_on) == (TODAY, TODAY + DAY)
    assert schedule.next_reading_at == SEVEN + DAY


def test_what_was_prepared_is_counted(fresh_counts: None):
    make_members(3)
    prepare_due_readings(now=SEVEN, chunk=2)
    prepare_due_readings(now=SEVEN, chunk=2)
    prepare_due_readings(now=SEVEN, chunk=2)
    assert read()["numerai_readings_prepared_total"] == {(): 3}


def test_nobody_is_due_a_moment_before_and_nobody_twice():
    make_member()
    assert prepare_due_readings(now=SEVEN - timedelta(microseconds=1)) == Prepared()
    prepare_due_readings(now=SEVEN)
    assert prepare_due_readings(now=SEVEN) == Prepared()


def test_each_device_gets_one():
    user = make_member()
    add_device(1, user_id=user.pk)
    add_device(2, user_id=user.pk)
    prepare_due_readings(now=SEVEN)
    assert deliveries(user) == [(TODAY, "fcm"), (TODAY, "fcm")]


def test_a_reading_that_exists_stays_as_it_was_and_still_gets_its_push():
    user = make_member()
    prepare_day(day=TODAY, now=SEVEN)
    DailyReading.objects.update(edition=7)
    assert prepare_due_readings(now=SEVEN) == Prepared(claimed=1, readings=0, deliveries=1)
    assert DailyReading.objects.get().edition == 7
    assert schedule_of(user.pk).last_reading_on == TODAY


def test_each_member_is_read_by_their_own_clock():
    east = make_member(time_zone="Asia/Kathmandu")
    west = make_member(time_zone="America/Los_Angeles")
    prepare_until_done(now=SEVEN)
    assert readings() == [(TODAY, east.pk), (TODAY - DAY, west.pk)][::-1]
    assert schedule_of(east.pk).next_reading_at == datetime.fromisoformat("2026-05-08T01:15:00+00:00")


def test_hours_that_differ_in_one_thing_only_are_settled_apart():
    plain = make_member()
    weekend_off = make_member(days_off=0b1110000)
    own_friday = make_member(weekday_times=[None] * 4 + [time(9, 30)] + [None] * 2)
    later_on = make_member(paused_until=date(2026, 6, 1))
    assert prepare_due_readings(now=SEVEN).readings == 4
    found = [schedule_of(user.pk).next_reading_at for user in (plain, weekend_off, own_friday, later_on)]
    assert [instant.isoformat() for instant in found] == [
        "2026-05-08T07:00:00+00:00",
        "2026-05-11T07:00:00+00:00",
        "2026-05-08T09:30:00+00:00",
        "2026-06-01T07:00:00+00:00",
    ]


@pytest.mark.parametrize(("hours", "pushed"), [(3, 1), (4, 0), (9, 0)])
def test_more_than_four_hours_late_nothing_is_sent_and_the_reading_is_made(hours: int, pushed: int):
    user = make_member()
    add_device(user_id=user.pk)
    assert prepare_due_readings(now=SEVEN + timedelta(hours=hours)) == Prepared(1, 1, pushed)
    assert readings() == [(TODAY, user.pk)]


def test_after_three_days_only_the_last_reading_is_sent():
    user = make_member()
    prepare_until_done(now=SEVEN + 3 * DAY + timedelta(hours=1))
    assert deliveries(user) == [(TODAY + 3 * DAY, "email")]
    assert schedule_of(user.pk).next_reading_at == SEVEN + 4 * DAY


def test_a_late_push_waits_for_no_quiet_hours_it_is_left_out():
    user = make_member()
    add_device(user_id=user.pk)
    set_settings(user_id=user.pk, choices={}, quiet_hours=(time(8), time(12)))
    assert prepare_due_readings(now=SEVEN + timedelta(hours=2)).deliveries == 0


def test_at_the_chosen_hour_quiet_hours_have_no_say():
    user = make_member()
    add_device(user_id=user.pk)
    set_settings(user_id=user.pk, choices={}, quiet_hours=(time(6), time(12)))
    assert prepare_due_readings(now=SEVEN).deliveries == 1


def test_who_wants_no_message_still_gets_the_reading():
    user = make_member()
    off = {(Topic.DAILY_READING, outlet): Choice.OFF for outlet in Outlet}
    set_settings(user_id=user.pk, choices=off)
    assert prepare_due_readings(now=SEVEN) == Prepared(claimed=1, readings=1)


def test_a_full_chunk_has_more_behind_it():
    make_members(3)
    assert [prepare_due_readings(now=SEVEN, chunk=2) for _ in range(2)] == [
        Prepared(2, 2, 2, has_more=True),
        Prepared(1, 1, 1),
    ]


@pytest.mark.parametrize("place", range(5))
def test_a_poisoned_member_is_set_aside_alone_with_the_reason(place: int):
    members = make_members(5)
    spoil(members[place], option_set="calendar-x")
    assert prepare_due_readings(now=SEVEN) == Prepared(claimed=5, readings=4, deliveries=4, set_aside=1)
    poisoned = schedule_of(members[place].pk)
    assert (poisoned.set_aside_at, poisoned.set_aside_for) == (SEVEN, NO_NUMBERS)
    assert poisoned.last_reading_on is None
    assert prepare_due_readings(now=SEVEN) == Prepared()


def test_several_poisoned_members_are_told_apart_by_their_reasons():
    members = make_members(6)
    spoil(members[0], option_set="calendar-x")
    NumerologyProfile.objects.filter(user=members[3]).delete()
    forge(members[5], next_reading_on="infinity")
    assert prepare_due_readings(now=SEVEN) == Prepared(claimed=6, readings=3, deliveries=3, set_aside=3)
    assert [schedule_of(members[place].pk).set_aside_for for place in (0, 3)] == [NO_NUMBERS, NO_PRIMARY_PROFILE]
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_aside_for FROM core_readingschedule WHERE user_id = %s", [members[5].pk])
        assert cursor.fetchone() == ("DataError",)


def test_mended_data_are_tried_again():
    user = make_member()
    spoil(user, option_set="calendar-x")
    prepare_due_readings(now=SEVEN)
    spoil(user, option_set="calendar")
    assert retry_set_aside(user_ids=[user.pk]) == 1
    assert prepare_due_readings(now=SEVEN).readings == 1


def test_without_texts_nobody_is_set_aside():
    user = make_member()
    with connection.cursor() as cursor:
        cursor.execute("TRUNCATE core_contentstate, core_contentedition CASCADE")
    forget_libraries()
    with pytest.raises(NoEdition):
        prepare_due_readings(now=SEVEN)
    assert schedule_of(user.pk).set_aside_at is None


def test_the_backlog_says_how_many_workers_it_is_worth():
    assert count_workers(now=SEVEN) == 0
    make_members(5)
    assert [count_workers(now=SEVEN, chunk=chunk) for chunk in (1, 2, 5, 6)] == [4, 3, 1, 1]


def test_a_reading_now_takes_the_place_of_todays_and_is_sent_once():
    user = make_member()
    now = SEVEN - timedelta(hours=2)
    assert send_reading_now(user_id=user.pk, now=now) == Prepared(readings=1, deliveries=1)
    assert send_reading_now(user_id=user.pk, now=now) == Prepared()
    schedule = schedule_of(user.pk)
    assert (schedule.last_reading_on, schedule.next_reading_at) == (TODAY, SEVEN + DAY)


def test_a_reading_now_in_a_pause_leaves_the_pause_alone():
    user = make_member()
    schedule = schedule_of(user.pk)
    schedule.wants_daily, schedule.next_reading_at, schedule.next_reading_on = False, None, None
    schedule.save()
    assert send_reading_now(user_id=user.pk, now=SEVEN).readings == 1
    assert schedule_of(user.pk).next_reading_at is None


def test_nobody_without_a_schedule_is_sent_a_reading():
    with pytest.raises(ReadingsNotOffered):
        send_reading_now(user_id=UUID(int=7), now=SEVEN)


@pytest.mark.parametrize("off", [-2, 2])
def test_a_day_far_away_is_not_prepared(off: int):
    with pytest.raises(ValueError, match="yesterday, today and tomorrow"):
        prepare_day(day=TODAY + off * DAY, now=SEVEN)


def test_a_day_is_prepared_for_everybody_and_nothing_is_sent():
    members = make_members(5)
    before = schedule_of(members[0].pk).next_reading_at
    assert prepare_day(day=TODAY + DAY, now=SEVEN, chunk=2) == Prepared(claimed=5, readings=5)
    assert Delivery.objects.count() == 0
    assert schedule_of(members[0].pk).next_reading_at == before


def test_one_member_alone_can_be_prepared():
    one, other = make_members(2)
    assert prepare_until_done(now=SEVEN, only=[one.pk]).readings == 1
    assert readings() == [(TODAY, one.pk)]
    assert schedule_of(other.pk).last_reading_on is None


@pytest.mark.parametrize("members", [1, 5])
def test_the_number_of_statements_does_not_grow_with_the_members(members: int, django_assert_num_queries: Any):
    make_members(members)
    prepare_day(day=TODAY, now=SEVEN)  # The texts are read.
    # Is anybody due; savepoint, forget, claim, profiles, forget, hours, settle, analyse, days, readings, deliveries,
    # move, release.
    with django_assert_num_queries(14):
        prepare_due_readings(now=SEVEN)


@pytest.mark.django_db(transaction=True)
def test_what_was_locked_is_moved_outside_of_any_savepoint():
    """Or each schedule gets a MultiXact, and later claims walk past all that were moved since the last VACUUM."""
    make_members(3)
    with CaptureQueriesContext(connection) as done:
        assert prepare_due_readings(now=SEVEN).readings == 3
    said = [query["sql"] for query in done.captured_queries]
    assert any("UPDATE core_readingschedule" in sql for sql in said)
    assert not [sql for sql in said if "SAVEPOINT" in sql]


@pytest.fixture
def member() -> User:
    return make_member()


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    birthday=st.sampled_from(BIRTHDAYS),
    options=st.one_of(
        st.sampled_from(list(PRESETS.values())),
        st.builds(
            Options,
            personal_year_boundary=st.sampled_from(["calendar", "birthday"]),
            personal_masters=st.frozensets(st.sampled_from([11, 22, 33])),
        ),
    ),
    life_path=st.sampled_from([1, 5, 9, 11, 22, 33]),
    essence=st.tuples(st.integers(1, 9), st.integers(-2, 2)),
    day=st.dates(date(2026, 1, 1), date(2031, 12, 31)),
)
def test_what_sql_inserts_is_what_the_engine_says(
    member: User, birthday: tuple[int, int], options: Options, life_path: int, essence: tuple[int, int], day: date
):
    DailyReading.objects.all().delete()
    number, ahead = essence
    columns = {"birth_month": birthday[0], "birth_day": birthday[1], "life_path": life_path, "essence": number}
    spoil(member, **columns, option_set=option_key(options), essence_until=day + ahead * DAY)
    prepare_day(day=day, now=datetime.combine(day, time(7), SEVEN.tzinfo))
    stored = numbers_of(DailyReading.objects.get())
    expected = numbers_on(
        day,
        **(columns | {"essence": number if ahead > 0 else None}),
        option_set=option_key(options),
        edition=1,
        content_version=stored.content_version,
    )
    assert stored == expected
