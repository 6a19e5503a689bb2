"""Forecast, calendar, timeline and next changes over the API."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from authentication.tests.factories import CommittingClient, make_user, sign_in_as
from core.numerology import birth_chart
from core.tests.factories import CRUISE, make_profile

pytestmark = pytest.mark.django_db
ADDRESSES = ("forecast", "calendar", "timeline", "changes")


@pytest.fixture(autouse=True)
def _today(time_machine):
    time_machine.move_to(datetime(2026, 11, 21, 12, tzinfo=UTC), tick=False)


def read(client, path):
    answer = client.send("get", f"numerology/{path}")
    assert answer.status_code == 200, answer.content
    return answer.json()["data"]


def at_fault(client, path):
    answer = client.send("get", f"numerology/{path}")
    assert answer.status_code == 400
    return list(answer.json()["error"]["details"]["fields"])


def test_a_forecast_has_thirty_days_from_today_in_the_members_zone(time_machine):
    time_machine.move_to(datetime(2026, 12, 31, 11, tzinfo=UTC), tick=False)
    user = make_user(password=None, time_zone="Pacific/Kiritimati")
    make_profile(user)
    data = read(CommittingClient(sign_in_as(user)), "forecast")
    assert (data["from_date"], data["to_date"], len(data["days"])) == ("2027-01-01", "2027-01-30", 30)
    assert data["months"] is None


def test_the_days_of_a_forecast_are_those_of_the_chart(member, profile):
    data = read(member, "forecast?from=2026-12-30&to=2027-01-02")
    current = birth_chart(CRUISE["birth_name"], CRUISE["birth_date"], on="2026-12-31").to_dict()["current"]
    day = data["days"][1]
    assert day == {"on": "2026-12-31"} | {name: current[name]["value"] for name in day if name != "on"}
    assert [(change["on"], change["cycle"]) for change in data["changes"]] == [("2027-01-01", "personal_year")]
    assert [span["value"] for span in data["cycles"]["personal_year"]] == [2, 3]
    assert data["cycles"]["pinnacle"] == [
        {
            "cycle": "pinnacle", "index": 4, "letter": None, "value": 7, "root": 7, "display": "16/7",
            "from_date": "2016-07-03", "to_date": None, "from_age": 54, "to_age": None, "is_approximate": False,
        }
    ]  # fmt: skip


def test_a_forecast_by_month_has_a_year_and_at_most_five(member, profile):
    data = read(member, "forecast?by=month")
    assert (data["days"], len(data["months"]), data["to_date"]) == (None, 13, "2027-11-20")
    whole = read(member, "forecast?by=month&from=2026-01-01&to=2030-12-31")
    assert len(whole["months"]) == 60


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("from=2026-01-01&to=2027-02-05", "to"),
        ("by=month&from=2026-01-01&to=2031-01-02", "to"),
        ("from=2026-01-02&to=2026-01-01", "to"),
        ("to=2026-11-20", "to"),
        ("from=1962-07-02", "from"),
        ("from=2026-02-30", "from"),
        ("by=week", "by"),
        ("profile=me", "profile"),
        ("days=3", "non_field_errors"),
    ],
)
def test_a_stretch_that_is_none_is_refused_by_field(member, profile, query, field):
    assert at_fault(member, f"forecast?{query}") == [field]


def test_the_longest_stretches_are_given(member, profile):
    assert len(read(member, "forecast?from=2026-01-01&to=2027-02-04")["days"]) == 400
    assert len(read(member, "forecast?by=month&from=2026-01-01&to=2031-01-01")["months"]) == 61


def test_the_end_of_time_has_a_forecast(member, profile):
    assert len(read(member, "forecast?from=9999-12-30")["days"]) == 2


def test_a_month_shows_what_changes_on_each_day(member, profile):
    data = read(member, "calendar?month=2026-07")
    assert (data["month"], len(data["days"]), data["days"][0]["weekday"]) == ("2026-07", 31, 3)
    told = {day["on"]: [change["cycle"] for change in day["changes"]] for day in data["days"] if day["changes"]}
    assert told == {"2026-07-03": ["essence", "physical"]}


def test_the_current_month_is_shown_unasked_and_that_of_the_birth_from_the_birth_on(member, profile):
    assert read(member, "calendar")["month"] == "2026-11"
    assert read(member, "calendar?month=1962-07")["days"][0]["on"] == "1962-07-03"
    assert at_fault(member, "calendar?month=1962-06") == ["month"]


@pytest.mark.parametrize("month", ["2026-13", "2026", "2026-1", "0000-01", "2026-01-01", ""])
def test_a_month_that_is_none_is_refused(member, profile, month):
    assert at_fault(member, f"calendar?month={month}") == ["month"]


def test_a_timeline_is_a_whole_life_with_ages(member, profile):
    data = read(member, "timeline")
    assert (data["age"], data["from_date"], data["to_date"]) == (64, "1962-07-03", "2082-07-03")
    pinnacles = data["cycles"]["pinnacle"]
    assert [(span["from_age"], span["to_age"], span["is_current"]) for span in pinnacles] == [
        (0, 35, False), (36, 44, False), (45, 53, False), (54, None, True),
    ]  # fmt: skip
    assert len(data["cycles"]["personal_year"]) == 121
    assert [span["from_date"] for span in data["cycles"]["personal_year"] if span["is_current"]] == ["2026-01-01"]


def test_the_next_changes_are_told_with_the_days_until_then(member, profile):
    changes = read(member, "changes")["changes"]
    assert [(change["on"], change["cycle"], change["in_days"]) for change in changes] == [
        ("2026-12-01", "personal_month", 10), ("2027-01-01", "personal_year", 41), ("2027-07-03", "physical", 224),
        ("2028-07-03", "essence", 590), ("2032-07-03", "spiritual", 2051), ("2034-07-03", "mental", 2781),
    ]  # fmt: skip


@pytest.mark.parametrize("address", ADDRESSES)
def test_another_profile_is_chosen_by_its_id_and_nobody_elses(member, user, profile, address):
    child = make_profile(
        user, birth_date="2015-02-28", relation="child", options={"personal_year_boundary": "birthday"}
    )
    assert read(member, f"{address}?profile={child.pk}")["profile_id"] == str(child.pk)
    assert read(member, address)["profile_id"] == str(profile.pk)
    stranger = CommittingClient(sign_in_as(make_user(password=None)))
    answer = stranger.send("get", f"numerology/{address}?profile={child.pk}")
    assert (answer.status_code, answer.json()["error"]["code"]) == (404, "NOT_FOUND")
    assert stranger.send("get", f"numerology/{address}").json()["error"]["code"] == "NO_PRIMARY_PROFILE"


@pytest.mark.parametrize("address", ADDRESSES)
def test_a_cold_read_costs_two_queries_a_warm_one_none_and_an_unchanged_one_no_body(
    member, profile, address, django_assert_num_queries
):
    with django_assert_num_queries(2):  # the member record, the profile with the member's time zone
        cold = member.send("get", f"numerology/{address}")
    with django_assert_num_queries(0):
        warm = member.send("get", f"numerology/{address}")
    assert cold.json()["data"] == warm.json()["data"]
    assert cold.headers["Cache-Control"] == "private, no-cache"
    again = member.get(f"/api/v1/numerology/{address}", headers={"If-None-Match": cold.headers["ETag"]})
    assert (again.status_code, again.content) == (304, b"")


def test_what_was_kept_follows_a_new_birth_date(member, profile):
    read(member, "timeline")
    member.send("patch", "users/profile", {"date_of_birth": "1990-01-02"})
    assert read(member, "timeline")["from_date"] == "1990-01-02"
