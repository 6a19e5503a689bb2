"""Calendar feeds: the file, read as calendar programs read it, and its address."""

from __future__ import annotations

import json
import re
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

import pytest
from django.db import connection
from icalendar import Calendar

from authentication.tests.factories import ApiClient, CommittingClient, make_api_key, make_user, sign_in_as
from core.exceptions import TooManyCalendarFeeds
from core.forecasts.changes import changes_between
from core.forecasts.days import days_between, months_between
from core.models import CalendarFeed
from core.numerology import birth_chart
from core.personal_data import erase_member, export_member
from core.selectors.calendar_feeds import link_to
from core.tests.factories import CRUISE, make_feed, make_profile

pytestmark = pytest.mark.django_db
URL = "numerology/calendar-feed"
TODAY = datetime(2026, 11, 21, 12, tzinfo=UTC)
FIRST, LAST = date(2026, 10, 1), date(2027, 11, 28)


@pytest.fixture(autouse=True)
def _today(time_machine):
    time_machine.move_to(TODAY, tick=False)


@pytest.fixture
def feed(user, profile):
    return make_feed(user)


def fetch(feed_or_url, **headers):
    url = feed_or_url if isinstance(feed_or_url, str) else link_to(feed_or_url)
    return ApiClient().get(urlsplit(url).path, headers=headers)


def events(content):
    return Calendar.from_ical(content).walk("VEVENT")


def test_the_file_has_every_day_month_and_change_once(feed):
    answer = fetch(feed)
    assert (answer.status_code, answer.headers["Content-Type"]) == (200, "text/calendar; charset=utf-8")
    chart = birth_chart(CRUISE["birth_name"], CRUISE["birth_date"])
    told = [(event["dtstart"].dt, str(event["summary"])) for event in events(answer.content)]
    days = [(day.on, f"Personal day {day.personal[2]}") for day in days_between(chart, FIRST, LAST)]
    months = [
        (month.begins, f"Personal month {month.day.personal[1]} begins") for month in months_between(chart, FIRST, LAST)
    ]
    assert told[: len(days) + len(months)] == days + months
    changes = told[len(days) + len(months) :]
    assert changes == [
        (date(2027, 1, 1), "Personal year 12/3 begins"),
        (date(2027, 7, 3), "Physical transit S begins"),
    ]
    assert [on for on, _ in changes] == [change.on for change in changes_between(chart, FIRST, LAST)]


def test_the_file_keeps_the_rules_of_rfc_5545(feed, profile):
    content = fetch(feed).content
    assert content.startswith(b"BEGIN:VCALENDAR\r\n")
    assert content.endswith(b"END:VCALENDAR\r\n")
    lines = content.split(b"\r\n")
    assert max(map(len, lines)) <= 75
    assert not re.search(rb"(?<!\r)\n|\r(?!\n)", content)
    calendar = Calendar.from_ical(content)
    assert (str(calendar["version"]), str(calendar["prodid"])) == ("2.0", "-//NumerAI//Calendar feed//EN")
    assert [name for name in ("METHOD", "VTIMEZONE") if name.encode() in content] == []
    found = calendar.walk("VEVENT")
    assert len({str(event["uid"]) for event in found}) == len(found)
    assert {tuple(sorted(event)) for event in found} <= {
        ("CLASS", "DESCRIPTION", "DTEND", "DTSTAMP", "DTSTART", "SUMMARY", "TRANSP", "UID"),
        ("CLASS", "DTEND", "DTSTAMP", "DTSTART", "SUMMARY", "TRANSP", "UID"),
    }
    assert {event["dtstamp"].dt for event in found} == {profile.updated_at.replace(microsecond=0)}
    assert calendar.errors == []
    assert [event.errors for event in found if event.errors] == []


@pytest.mark.parametrize("zone", ["Europe/London", "America/Sao_Paulo", "Pacific/Apia", "Asia/Kathmandu"])
def test_entries_are_whole_days_wherever_clocks_change(zone, time_machine):
    # A day with a time zone would be 23 or 25 hours long where clocks change; a DATE belongs to none.
    time_machine.move_to(datetime(2026, 3, 29, 0, 30, tzinfo=ZoneInfo("Europe/London")), tick=False)
    user = make_user(password=None, time_zone=zone)
    make_profile(user)
    found = events(fetch(make_feed(user)).content)
    assert {event["dtstart"].params["VALUE"] for event in found} == {"DATE"}
    assert {event["dtend"].dt - event["dtstart"].dt for event in found} == {timedelta(1)}
    assert {type(event["dtstart"].dt) for event in found} == {date}


def test_a_line_that_is_too_long_is_folded():
    from core.forecasts.feed import Entry, _event

    content = _event(Entry(date(2026, 1, 1), "x", "Ü" * 60), "f" * 32, TODAY).to_ical()
    assert max(map(len, content.split(b"\r\n"))) <= 75
    (event,) = Calendar.from_ical(b"BEGIN:VCALENDAR\r\n" + content + b"END:VCALENDAR\r\n").walk("VEVENT")
    assert event["summary"] == "Ü" * 60


def test_the_same_entries_keep_their_uid_from_month_to_month(feed, time_machine):
    before = {str(event["uid"]): str(event["summary"]) for event in events(fetch(feed).content)}
    time_machine.move_to(datetime(2026, 12, 2, tzinfo=UTC), tick=False)
    after = {str(event["uid"]): str(event["summary"]) for event in events(fetch(feed).content)}
    shared = set(before) & set(after)
    assert len(shared) > 380
    assert {uid: before[uid] for uid in shared} == {uid: after[uid] for uid in shared}


def test_what_was_fetched_is_not_sent_again_until_it_changes(feed, user, time_machine):
    first = fetch(feed)
    etag = first.headers["ETag"]
    assert first.headers["Cache-Control"] == "private, no-cache"
    time_machine.move_to(TODAY + timedelta(days=7), tick=False)
    again = fetch(feed, **{"If-None-Match": etag})
    assert (again.status_code, again.content, again.headers["ETag"]) == (304, b"", etag)
    assert again.headers["Cache-Control"] == "private, no-cache"
    member = CommittingClient(sign_in_as(user))
    assert member.send("patch", "users/profile", {"date_of_birth": "1962-07-04"}).status_code == 200
    assert fetch(feed, **{"If-None-Match": etag}).status_code == 200


def test_a_fetch_costs_one_query(feed, django_assert_num_queries):
    url = link_to(feed)
    with django_assert_num_queries(1):  # the feed with its profile and its member
        assert fetch(url).status_code == 200


@pytest.mark.parametrize("accept", ["text/calendar", "text/html", "*/*", ""])
def test_it_is_served_whatever_the_program_accepts(feed, accept):
    assert fetch(feed, Accept=accept).status_code == 200


def test_the_address_tells_nothing_of_the_member_and_the_file_no_more_than_the_days(feed, user):
    answer = fetch(feed)
    told = link_to(feed).encode() + answer.content + str(answer.headers).encode()
    assert [word for word in (str(user.pk), user.pk.hex, user.email, "1962", "Mapother", "Tom", "Byron")
            if word.encode() in told] == []  # fmt: skip


def test_a_forged_or_changed_address_is_nowhere(feed):
    url = link_to(feed)
    other = make_user(password=None)
    make_profile(other)
    swapped = url.replace(feed.pk.hex, make_feed(other).pk.hex)
    bad = [swapped, url.replace(feed.pk.hex, "x"), url.replace("/numerai.ics", "x/numerai.ics")]
    assert [fetch(one).status_code for one in bad] == [404] * 3


def test_a_revoked_feed_ends_at_once_and_only_its_owner_revokes(feed, member):
    stranger = CommittingClient(sign_in_as(make_user(password=None)))
    assert stranger.send("delete", f"{URL}/{feed.pk}").status_code == 404
    assert fetch(feed).status_code == 200
    assert [member.send("delete", f"{URL}/{feed.pk}").status_code for _ in range(2)] == [204, 404]
    assert fetch(feed).status_code == 404


def test_a_feed_ends_with_its_profile_and_with_the_account(member, user, profile):
    child = make_profile(user, relation="child")
    of_child, own = make_feed(user, profile_id=child.pk), make_feed(user)
    member.send("delete", f"numerology/profiles/{child.pk}")
    assert [fetch(one).status_code for one in (of_child, own)] == [404, 200]
    user.is_active = False
    user.save()
    assert fetch(own).status_code == 404
    exported = export_member(user.pk)["calendar_feeds"]
    assert [(row["id"], "url" in row) for row in exported] == [(str(own.pk), False)]
    erase_member(user.pk)
    assert not CalendarFeed.objects.exists()


def test_readers_are_counted_by_the_feed_and_guesses_by_the_address(feed, user):
    other = make_feed(user)
    answers = [fetch(feed) for _ in range(11)]
    assert [answer.status_code for answer in answers] == [200] * 10 + [429]
    assert "Retry-After" in answers[-1].headers
    assert fetch(other).status_code == 200
    guesses = [fetch(link_to(feed).replace("/numerai.ics", "x/numerai.ics")) for _ in range(11)]
    assert [guess.status_code for guess in guesses] == [404] * 10 + [429]


def test_a_feed_is_made_listed_and_told_what_to_include(member, user, profile):
    child = make_profile(user, relation="child", birth_date="2015-02-28")
    made = member.send("post", URL, {"profile_id": str(child.pk), "includes": ["cycle_changes", "personal_months"]})
    data = made.json()["data"]
    assert (made.status_code, made.headers["Cache-Control"]) == (201, "no-store")
    assert (data["profile_id"], data["includes"]) == (str(child.pk), ["personal_months", "cycle_changes"])
    assert member.send("get", URL).json()["data"] == [data]
    kinds = {str(event["summary"]).rsplit(" ", 2)[0] for event in events(fetch(data["url"]).content)}
    assert "Personal month" in kinds
    assert "Personal" not in kinds


def test_sent_twice_with_a_key_it_is_made_once(member, profile):
    answers = [
        member.generic(
            "POST", f"/api/v1/{URL}", "{}", content_type="application/json", headers={"Idempotency-Key": "once"}
        )
        for _ in range(2)
    ]
    assert answers[0].json()["data"] == answers[1].json()["data"]
    assert CalendarFeed.objects.count() == 1


def test_there_are_five_at_most(member, profile):
    answers = [member.send("post", URL, {}) for _ in range(6)]
    assert [answer.status_code for answer in answers] == [201] * 5 + [409]
    assert answers[-1].json()["error"]["code"] == "TOO_MANY_CALENDAR_FEEDS"


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"includes": []}, "includes"),
        ({"includes": ["birthdays"]}, "includes.0"),
        ({"includes": "all"}, "includes"),
        ({"profile_id": "me"}, "profile_id"),
        ({"name": "x"}, "non_field_errors"),
    ],
)
def test_bad_input_names_the_field(member, profile, body, field):
    answer = member.send("post", URL, body)
    assert (answer.status_code, list(answer.json()["error"]["details"]["fields"])) == (400, [field])


def test_nobody_makes_a_feed_of_a_strangers_profile_or_by_a_key(member, user, profile):
    stranger = CommittingClient(sign_in_as(make_user(password=None)))
    assert stranger.send("post", URL, {"profile_id": str(profile.pk)}).status_code == 404
    assert stranger.send("post", URL, {}).json()["error"]["code"] == "NO_PRIMARY_PROFILE"
    headers = {"Authorization": f"Api-Key {make_api_key(user)}"}
    answer = ApiClient().generic("POST", f"/api/v1/{URL}", "{}", content_type="application/json", headers=headers)
    assert (answer.status_code, answer.json()["error"]["code"]) == (403, "API_KEY_NOT_ACCEPTED")


@pytest.mark.parametrize("count", [1, 5])
def test_the_list_costs_two_queries(member, user, profile, count, django_assert_num_queries):
    for _ in range(count):
        make_feed(user)
    member.send("get", "users/profile")
    with django_assert_num_queries(2):  # how many there are, the rows; the member record is warm
        assert len(member.send("get", URL).json()["data"]) == count


@pytest.mark.django_db(transaction=True)
def test_of_six_at_once_five_are_made():
    user = make_user(password=None)
    make_profile(user)

    def one(_):
        try:
            make_feed(user)
        except TooManyCalendarFeeds:
            return "refused"
        finally:
            connection.close()
        return "made"

    with ThreadPoolExecutor(6) as pool:
        assert sorted(pool.map(one, range(6))) == ["made"] * 5 + ["refused"]


def test_the_address_is_in_no_log(feed, log_lines):
    url = link_to(feed)
    fetch(url)
    written = log_lines.getvalue()
    assert '"event": "request"' in written
    assert feed.pk.hex not in written
    assert json.loads(written.splitlines()[-1])["route"].endswith("numerai.ics")
