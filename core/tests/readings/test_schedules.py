"""Schedules: in step with account and profile, whatever changes, and moved by a new table of time zones."""

from __future__ import annotations

import zoneinfo
from datetime import UTC, date, datetime, time, timedelta
from importlib import resources
from io import StringIO
from uuid import UUID

import pytest
from django.core.management import call_command
from django.db import IntegrityError, transaction

from authentication.models import AccountDeletion, User
from authentication.services.profile import update_account
from authentication.tests.factories import make_user
from core.models import ReadingSchedule
from core.services import profiles, schedules
from core.tests.factories import make_profile
from numerai import hooks

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 5, 5, 12, tzinfo=UTC)
TODAY = NOW.date()


def next_of(user):
    row = ReadingSchedule.objects.get(pk=user.pk)
    return row.next_reading_on, row.next_reading_at


@pytest.fixture(autouse=True)
def _at_noon(time_machine):
    time_machine.move_to(NOW, tick=False)


@pytest.fixture
def user():
    return make_user(password=None, time_zone="Europe/Berlin")


def sent(user, day=TODAY):
    """Say that a day's reading was prepared, and the next is due the day after."""
    following = datetime.combine(day + timedelta(1), time(5), UTC)
    ReadingSchedule.objects.filter(pk=user.pk).update(
        last_reading_on=day, next_reading_on=day + timedelta(1), next_reading_at=following
    )


def test_a_primary_profile_begins_it(user):
    assert not ReadingSchedule.objects.exists()
    make_profile(user)
    assert next_of(user) == (date(2026, 5, 6), datetime(2026, 5, 6, 5, tzinfo=UTC))


@pytest.mark.parametrize(("minute", "day"), [((6, 59), 5), ((7, 1), 6)], ids=["06:59", "07:01"])
def test_who_signs_up_waits_for_the_first_hour_to_come(minute, day, time_machine):
    time_machine.move_to(datetime(2026, 5, 5, *minute, tzinfo=UTC), tick=False)
    user = make_user(password=None)
    make_profile(user)
    assert next_of(user)[0] == date(2026, 5, day)


def test_an_account_that_is_not_proven_waits_until_it_is():
    user = make_user(password=None, is_verified=False)
    make_profile(user)
    assert not ReadingSchedule.objects.exists()
    User.objects.filter(pk=user.pk).update(is_verified=True)
    hooks.member_changed(user_id=user.pk, fields=frozenset({"is_verified"}))
    assert next_of(user)[0] == date(2026, 5, 6)


def test_further_profiles_change_nothing(user):
    make_profile(user)
    ReadingSchedule.objects.all().delete()
    make_profile(user, relation="child")
    assert not ReadingSchedule.objects.exists()


def test_without_a_primary_profile_nothing_is_due_and_the_choices_stay(user):
    profile = make_profile(user)
    schedules.set_schedule(user_id=user.pk, changes={"reading_time": time(9)}, now=NOW)
    profiles.delete_profile(user_id=user.pk, profile_id=profile.pk)
    assert next_of(user) == (None, None)
    make_profile(user)
    assert next_of(user)[1] == datetime(2026, 5, 6, 7, tzinfo=UTC)


def test_an_account_that_is_to_be_erased_sleeps_until_its_member_comes_back(user):
    make_profile(user)
    deletion = AccountDeletion.objects.create(user_id=user.pk, asked_at=NOW, erase_at=NOW + timedelta(30))
    hooks.member_changed(user_id=user.pk, fields=frozenset({"deletion"}))
    assert next_of(user) == (None, None)
    deletion.delete()
    hooks.member_changed(user_id=user.pk, fields=frozenset({"deletion"}))
    assert next_of(user)[0] == date(2026, 5, 6)


def test_a_new_time_zone_moves_it(user):
    make_profile(user)
    update_account(user_id=user.pk, changes={"time_zone": "Asia/Kathmandu"})
    assert next_of(user) == (date(2026, 5, 6), datetime(2026, 5, 6, 1, 15, tzinfo=UTC))


def test_a_flight_east_past_the_hour_leaves_no_day_out(user):
    make_profile(user)
    sent(user)
    update_account(user_id=user.pk, changes={"time_zone": "Pacific/Kiritimati"})
    # It is 02:00 of the 6th there.
    assert next_of(user) == (date(2026, 5, 6), datetime(2026, 5, 5, 17, tzinfo=UTC))


def test_a_flight_west_gives_no_day_two(user, time_machine):
    time_machine.move_to(datetime(2026, 5, 5, 6, tzinfo=UTC), tick=False)
    make_profile(user)
    sent(user)
    update_account(user_id=user.pk, changes={"time_zone": "America/Los_Angeles"})
    # There it is the evening of the 4th, and 07:00 of the 5th is still to come: it had its reading.
    assert next_of(user)[0] == date(2026, 5, 6)


def test_a_change_that_is_rolled_back_leaves_the_schedule_as_it_was(user):
    make_profile(user)
    before = next_of(user)
    with transaction.atomic():
        update_account(user_id=user.pk, changes={"time_zone": "Asia/Kathmandu"})
        transaction.set_rollback(True)
    assert next_of(user) == before


def test_new_birth_data_give_who_was_set_aside_another_try(user):
    profile = make_profile(user)
    ReadingSchedule.objects.update(set_aside_at=NOW, set_aside_for="DataError")
    update_account(user_id=user.pk, changes={"time_zone": "UTC"})
    assert ReadingSchedule.objects.get().set_aside_for == "DataError"
    profiles.update_profile(user_id=user.pk, profile_id=profile.pk, changes={"birth_date": "1962-07-04"}, now=NOW)
    assert ReadingSchedule.objects.get().set_aside_at is None


def test_choices_can_come_before_the_profile(user):
    schedules.set_schedule(user_id=user.pk, changes={"reading_time": time(20)}, now=NOW)
    make_profile(user)
    assert next_of(user) == (TODAY, datetime(2026, 5, 5, 18, tzinfo=UTC))


def test_switched_off_nothing_is_due(user):
    make_profile(user)
    schedules.set_schedule(user_id=user.pk, changes={"wants_daily": False}, now=NOW)
    assert next_of(user) == (None, None)


@pytest.mark.parametrize(
    "wrong",
    [
        {"days_off": 128},
        {"weekday_times": [time(7)] * 6},
        {"next_reading_at": None},
        {"last_reading_on": date(2026, 5, 6)},
        {"set_aside_at": NOW},
    ],
    ids=lambda wrong: next(iter(wrong)),
)
def test_the_database_refuses_what_no_schedule_can_be(user, wrong):
    make_profile(user)
    with pytest.raises(IntegrityError):
        ReadingSchedule.objects.update(**wrong)


@pytest.fixture
def new_tzdata(tmp_path):
    """Berlin's rules become those of Kathmandu, as a release of tzdata might have it."""
    there = tmp_path / "Europe" / "Berlin"
    there.parent.mkdir()
    there.write_bytes(resources.files("tzdata.zoneinfo.Asia").joinpath("Kathmandu").read_bytes())
    zoneinfo.reset_tzpath([str(tmp_path)])
    zoneinfo.ZoneInfo.clear_cache()
    yield
    zoneinfo.reset_tzpath([])
    zoneinfo.ZoneInfo.clear_cache()


@pytest.mark.usefixtures("new_tzdata")
def test_a_zone_that_changes_its_rules_keeps_the_day_and_moves_the_instant(user):
    elsewhere = make_user(password=None, time_zone="UTC")
    for one in (user, elsewhere):
        make_profile(one)
    ReadingSchedule.objects.filter(pk=user.pk).update(next_reading_at=datetime(2026, 5, 6, 5, tzinfo=UTC))
    written = StringIO()
    call_command("recompute_reading_times", stdout=written)
    assert written.getvalue() == "moved: 1\n"
    assert next_of(user) == (date(2026, 5, 6), datetime(2026, 5, 6, 1, 15, tzinfo=UTC))
    assert next_of(elsewhere)[1] == datetime(2026, 5, 6, 7, tzinfo=UTC)
    assert schedules.recompute_reading_times() == 0


@pytest.mark.usefixtures("new_tzdata")
def test_every_batch_is_reached():
    for _ in range(5):
        make_profile(make_user(password=None, time_zone="Europe/Berlin"))
    ReadingSchedule.objects.update(next_reading_at=datetime(2026, 5, 6, 5, tzinfo=UTC))
    assert schedules.recompute_reading_times(batch=2) == 5


def test_who_had_a_profile_before_there_were_schedules_gets_one(user):
    make_profile(user)
    ReadingSchedule.objects.all().delete()
    assert schedules.make_missing_schedules(now=NOW) == 1
    assert next_of(user)[0] == date(2026, 5, 6)
    assert schedules.make_missing_schedules(now=NOW) == 0


def test_who_is_not_there_has_no_schedule():
    with pytest.raises(User.DoesNotExist):
        schedules.sync_schedule(user_id=UUID(int=1), now=NOW)
