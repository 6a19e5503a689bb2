"""When a reading is due: every hour, zone and change of plan that has a name."""

from __future__ import annotations

import doctest
from datetime import UTC, date, datetime, time, timedelta

import pytest

from core.readings import compose, schedule, walk
from core.readings.schedule import EVERY_WEEKDAY, Due, Hours, first_due, instant_on, settle

DAY = timedelta(days=1)


def utc(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=UTC)


@pytest.mark.parametrize("module", [compose, schedule, walk])
def test_examples_in_docstrings_hold(module):
    assert doctest.testmod(module).failed == 0


@pytest.mark.parametrize(
    ("zone", "day", "at", "instant"),
    [
        ("UTC", date(2026, 3, 1), time(7), utc(2026, 3, 1, 7)),
        ("Asia/Kathmandu", date(2026, 3, 1), time(7), utc(2026, 3, 1, 1, 15)),
        ("Pacific/Chatham", date(2026, 7, 1), time(7), utc(2026, 6, 30, 18, 15)),
        ("Pacific/Chatham", date(2026, 1, 1), time(7), utc(2025, 12, 31, 17, 15)),
        ("Pacific/Kiritimati", date(2026, 3, 1), time(7), utc(2026, 2, 28, 17)),
        ("Europe/Berlin", date(2028, 2, 29), time(7), utc(2028, 2, 29, 6)),
    ],
    ids=["utc", "+05:45", "+12:45", "+13:45", "+14", "29 February"],
)
def test_an_hour_is_the_members_own(zone, day, at, instant):
    assert instant_on(Hours(zone, at), day) == instant


def test_an_hour_that_does_not_exist_comes_when_the_clock_has_gone_forward():
    # Berlin, 29 March 2026: 01:59 is followed by 03:00.
    at = instant_on(Hours("Europe/Berlin", time(2, 30)), date(2026, 3, 29))
    assert at == utc(2026, 3, 29, 1, 30)


def test_an_hour_that_comes_twice_is_its_first():
    # Berlin, 25 October 2026: 02:30 is 00:30 and again 01:30 UTC.
    hours = Hours("Europe/Berlin", time(2, 30))
    assert instant_on(hours, date(2026, 10, 25)) == utc(2026, 10, 25, 0, 30)
    assert first_due(hours, now=utc(2026, 10, 25, 1, 0), after=date(2026, 10, 25)).day == date(2026, 10, 26)


def test_a_midnight_that_does_not_exist_is_still_that_day():
    # Cairo goes forward at midnight: 24 April 2026 begins at 01:00.
    at = instant_on(Hours("Africa/Cairo", time(0)), date(2026, 4, 24))
    assert at == utc(2026, 4, 23, 22)


def test_an_hour_lost_at_the_end_of_a_day_comes_before_the_gap():
    # Toronto, 30 March 1919: 23:30 was followed by 00:30 of the next day.
    at = instant_on(Hours("America/Toronto", time(23, 45)), date(1919, 3, 30))
    assert at == utc(1919, 3, 31, 3, 45)


def test_a_date_that_a_zone_left_out_has_no_reading():
    # Samoa went from 29 to 31 December 2011.
    hours = Hours("Pacific/Apia")
    assert instant_on(hours, date(2011, 12, 30)) is None
    due = first_due(hours, now=utc(2011, 12, 29, 18), after=date(2011, 12, 29))
    assert due == Due(date(2011, 12, 31), utc(2011, 12, 30, 17))


@pytest.mark.parametrize(
    ("now", "day"),
    [(utc(2026, 3, 1, 6, 59), 1), (utc(2026, 3, 1, 7, 0), 1), (utc(2026, 3, 1, 7, 1), 2)],
    ids=["06:59", "07:00", "07:01"],
)
def test_who_signs_up_waits_for_the_first_hour_to_come(now, day):
    assert first_due(Hours("UTC"), now=now) == Due(date(2026, 3, day), utc(2026, 3, day, 7))


def test_weekdays_have_their_own_hours_and_days_off():
    saturday_late = (None,) * 5 + (time(10), None)
    hours = Hours("UTC", weekday_times=saturday_late, days_off=0b1000001)
    assert [instant_on(hours, date(2026, 3, 6) + n * DAY) for n in range(4)] == [
        utc(2026, 3, 6, 7), utc(2026, 3, 7, 10), None, None,
    ]  # fmt: skip
    assert first_due(hours, now=utc(2026, 3, 7, 11)).day == date(2026, 3, 10)


def test_without_a_day_left_nothing_is_due():
    assert first_due(Hours("UTC", days_off=EVERY_WEEKDAY), now=utc(2026, 3, 1)) is None


def test_a_pause_ends_on_its_day():
    hours = Hours("UTC", paused_until=date(2026, 4, 10))
    assert first_due(hours, now=utc(2026, 3, 1), owed_from=date(2026, 3, 1)).day == date(2026, 4, 10)


def test_a_new_hour_after_todays_was_sent_begins_tomorrow():
    today = date(2026, 3, 1)
    due = first_due(Hours("UTC", time(20)), now=utc(2026, 3, 1, 9), after=today, owed_from=today + DAY)
    assert due == Due(date(2026, 3, 2), utc(2026, 3, 2, 20))


def test_a_new_hour_before_todays_was_sent_holds_today():
    today = date(2026, 3, 1)
    due = first_due(Hours("UTC", time(20)), now=utc(2026, 3, 1, 6), after=today - DAY, owed_from=today)
    assert due == Due(today, utc(2026, 3, 1, 20))


def test_an_hour_that_has_gone_by_already_is_due_at_once_if_today_was_still_owed():
    today = date(2026, 3, 1)
    due = first_due(Hours("UTC", time(5)), now=utc(2026, 3, 1, 6), after=today - DAY, owed_from=today)
    assert due == Due(today, utc(2026, 3, 1, 5))


def test_who_flies_east_past_the_hour_has_the_new_days_reading_at_once():
    # New York had Monday's; in Tokyo it is Tuesday, 09:00.
    monday = date(2026, 3, 2)
    due = first_due(Hours("Asia/Tokyo"), now=utc(2026, 3, 3, 0), after=monday, owed_from=monday + DAY)
    assert due == Due(monday + DAY, utc(2026, 3, 2, 22))


def test_who_flies_west_into_the_day_before_has_no_second_reading_for_it():
    # Tokyo had Tuesday's; in Los Angeles it is still Monday, 18:00.
    tuesday = date(2026, 3, 3)
    due = first_due(Hours("America/Los_Angeles"), now=utc(2026, 3, 3, 2), after=tuesday, owed_from=tuesday + DAY)
    assert due == Due(date(2026, 3, 4), utc(2026, 3, 4, 15))


MONDAY = Due(date(2026, 3, 2), utc(2026, 3, 2, 7))


def test_on_time_the_hour_that_was_chosen_wins_over_quiet_hours():
    settled = settle(Hours("UTC"), MONDAY, now=utc(2026, 3, 2, 7, 10))
    assert settled == (MONDAY, utc(2026, 3, 2, 11), None, Due(date(2026, 3, 3), utc(2026, 3, 3, 7)))


def test_after_an_outage_of_three_hours_the_push_is_late_and_minds_quiet_hours():
    settled = settle(Hours("Europe/Berlin", time(8)), MONDAY, now=utc(2026, 3, 2, 10))
    assert (settled.due, settled.send_until, settled.local_time) == (MONDAY, utc(2026, 3, 2, 11), time(11))


def test_after_five_hours_the_reading_is_made_and_nothing_is_sent():
    now = utc(2026, 3, 2, 12)
    settled = settle(Hours("UTC"), MONDAY, now=now)
    assert settled.due == MONDAY
    assert settled.send_until < now


def test_after_three_days_only_todays_is_pushed():
    settled = settle(Hours("UTC"), MONDAY, now=utc(2026, 3, 5, 9))
    assert settled.due == Due(date(2026, 3, 5), utc(2026, 3, 5, 7))
    assert (settled.send_until, settled.following.day) == (utc(2026, 3, 5, 11), date(2026, 3, 6))


def test_after_three_days_but_before_todays_hour_today_comes_at_its_hour():
    settled = settle(Hours("UTC"), MONDAY, now=utc(2026, 3, 5, 5))
    assert (settled.due.day, settled.following.day) == (date(2026, 3, 4), date(2026, 3, 5))
    assert settled.send_until < utc(2026, 3, 5, 5)


def test_a_late_evening_reading_is_not_sent_into_the_next_day():
    due = Due(date(2026, 3, 2), utc(2026, 3, 2, 23))
    settled = settle(Hours("UTC", time(23)), due, now=utc(2026, 3, 3, 0, 30))
    assert (settled.due, settled.send_until) == (due, utc(2026, 3, 3))
    assert settled.following == Due(date(2026, 3, 3), utc(2026, 3, 3, 23))


def test_who_switched_every_day_off_meanwhile_has_no_next():
    assert settle(Hours("UTC", days_off=EVERY_WEEKDAY), MONDAY, now=MONDAY.at).following is None


@pytest.mark.parametrize("zone", ["Europe/Berlin", "America/New_York", "Pacific/Chatham", "Australia/Lord_Howe"])
@pytest.mark.parametrize("at", [time(0), time(2, 30), time(7), time(23, 59)], ids=str)
def test_in_two_years_every_date_has_one_reading_in_order(zone, at):
    hours, now, day = Hours(zone, at), utc(2026, 1, 1, 12), date(2026, 1, 3)
    due, days, instants = first_due(hours, now=now, after=date(2026, 1, 2)), [], []
    for _ in range(730):
        days.append(due.day)
        instants.append(due.at)
        due = settle(hours, due, now=due.at).following
    assert days == [day + n * DAY for n in range(730)]
    assert instants == sorted(set(instants))
