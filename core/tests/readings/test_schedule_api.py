"""When readings come, chosen over the API."""

from __future__ import annotations

from datetime import date, time

import pytest

from core.models import ReadingSchedule
from core.tests.calling import fields_at_fault

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("_now")]
ADDRESS = "numerology/reading-schedule"


def choose(client, method="put", **body):
    answer = client.send(method, ADDRESS, body)
    assert answer.status_code == 200, answer.content
    return answer.json()["data"]


def test_at_first_readings_come_at_seven_every_day(member, profile):
    assert member.send("get", ADDRESS).json()["data"] == {
        "time_zone": "Europe/London",
        "reading_time": "07:00",
        "weekday_times": {},
        "days_off": [],
        "paused_until": None,
        "readings": {"daily": True},
        "next_reading_at": "2026-11-22T07:00:00Z",
        "next_reading_on": "2026-11-22",
    }


def test_without_a_profile_nothing_is_due(member):
    assert member.send("get", ADDRESS).json()["data"]["next_reading_at"] is None


def test_weekdays_have_their_own_hours_and_days_off(member, profile):
    chosen = choose(member, reading_time="06:30", weekday_times={"sunday": "10:15"}, days_off=["monday", "tuesday"])
    assert (chosen["next_reading_at"], chosen["weekday_times"]) == ("2026-11-22T10:15:00Z", {"sunday": "10:15"})
    row = ReadingSchedule.objects.get()
    assert (row.days_off, row.weekday_times) == (0b11, [None] * 6 + [time(10, 15)])


def test_some_can_be_changed_without_the_rest(member, profile):
    choose(member, reading_time="20:00", days_off=["monday"])
    chosen = choose(member, "patch", paused_until="2026-12-24")
    assert (chosen["reading_time"], chosen["days_off"], chosen["next_reading_on"]) == (
        "20:00",
        ["monday"],
        "2026-12-24",
    )


def test_writing_all_takes_back_what_is_left_out(member, profile):
    choose(member, reading_time="20:00", days_off=["monday"], weekday_times={"friday": "09:00"})
    assert choose(member, reading_time="08:00")["days_off"] == []
    assert ReadingSchedule.objects.get().weekday_times is None


def test_switched_off_none_comes(member, profile):
    assert choose(member, "patch", readings={"daily": False})["next_reading_at"] is None
    assert choose(member, "patch", readings={"daily": True})["next_reading_on"] == "2026-11-22"


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "reading_time"),
        ({"reading_time": "7"}, "reading_time"),
        ({"reading_time": "24:00"}, "reading_time"),
        ({"reading_time": "07:00", "days_off": ["someday"]}, "days_off.0"),
        ({"reading_time": "07:00", "weekday_times": {"someday": "07:00"}}, "weekday_times"),
        ({"reading_time": "07:00", "paused_until": "2027-11-23"}, "paused_until"),
        ({"reading_time": "07:00", "readings": {"daily": "yes"}}, "readings.daily"),
        ({"reading_time": "07:00", "next_reading_at": None}, "non_field_errors"),
    ],
)
def test_what_is_no_hour_or_day_is_refused_by_field(member, profile, body, field):
    assert list(fields_at_fault(member.send("put", ADDRESS, body))) == [field]
    assert ReadingSchedule.objects.get().reading_time == time(7)


def test_a_schedule_is_ones_own(member, profile, stranger):
    choose(member, reading_time="20:00")
    assert stranger.send("get", ADDRESS).json()["data"]["reading_time"] == "07:00"
    choose(stranger, reading_time="05:00")
    assert ReadingSchedule.objects.get(pk=profile.user_id).reading_time == time(20)


def test_a_new_hour_after_todays_reading_begins_tomorrow(member, profile):
    ReadingSchedule.objects.update(last_reading_on=date(2026, 11, 21))
    assert choose(member, reading_time="20:00")["next_reading_on"] == "2026-11-22"
