"""Best dates: the scoring that is printed, and the address."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from authentication.tests.factories import CommittingClient, make_user, sign_in_as
from core.forecasts import best_dates as scoring
from core.forecasts.best_dates import best_dates
from core.numerology import PRESETS, birth_chart
from core.tests.factories import CRUISE, make_profile

PAGE = Path(scoring.__file__).parents[2] / "docs" / "best-dates.md"
TOM = birth_chart(CRUISE["birth_name"], CRUISE["birth_date"])
ANN = birth_chart("Ann Bell", "1990-02-11")


def rows(section):
    """Return the cells of every table row below a heading of the page."""
    text = PAGE.read_text(encoding="utf-8").partition(section)[2].partition("\n## ")[0]
    return [[cell.strip(" `") for cell in line.strip("|").split("|")] for line in re.findall(r"^\| `.*$", text, re.M)]


def test_the_printed_table_is_the_one_that_counts():
    printed = {purpose: tuple(map(int, suits)) for purpose, *suits in rows("## How a number suits a purpose")}
    assert printed == dict(scoring.SUITS)


def test_the_printed_weights_are_those_that_count():
    printed = {factor: int(re.match(r"\d+", points)[0]) for factor, _, points in rows("# How best dates are scored")}
    assert printed == {
        **scoring.PERSONAL_WEIGHTS,
        "universal_day": scoring.UNIVERSAL_DAY_WEIGHT,
        "life_path_triad": scoring.TRIAD_POINTS,
    }


def test_the_printed_example_is_what_comes_out():
    best = best_dates("wedding", [TOM], date(2027, 1, 1), date(2027, 12, 31))[0]
    printed = [(factor, int(number), int(points)) for factor, number, points in rows("## An example")]
    assert (best.on, best.score) == (date(2027, 3, 5), 88)
    assert [(factor.name, factor.number, factor.points) for factor in best.factors] == printed


def test_every_purpose_suits_some_days_and_not_others():
    assert [len(suits) for suits in scoring.SUITS.values()] == [9] * len(scoring.SUITS)
    assert {(max(suits), min(suits)) for suits in scoring.SUITS.values()} == {(2, -2)}


@given(
    purpose=st.sampled_from(list(scoring.SUITS)),
    births=st.lists(st.dates(date(1900, 1, 1), date(2020, 1, 1)), min_size=1, max_size=2),
    preset=st.sampled_from(list(PRESETS)),
)
def test_a_score_is_the_base_and_its_factors_and_within_what_is_printed(purpose, births, preset):
    people = [birth_chart("Ann Bell", born, preset=preset, explain=False) for born in births]
    days = best_dates(purpose, people, date(2027, 1, 1), date(2027, 3, 31))
    assert len(days) == 90
    assert all(2 <= day.score <= 100 and day.score == 50 + sum(one.points for one in day.factors) for day in days)
    assert [(-day.score, day.on) for day in days] == sorted((-day.score, day.on) for day in days)


def test_two_people_score_the_same_in_either_order_and_half_each():
    january = date(2027, 1, 1), date(2027, 1, 31)
    both, other = (best_dates("move", people, *january) for people in ([TOM, ANN], [ANN, TOM]))
    assert [(day.on, day.score) for day in both] == [(day.on, day.score) for day in other]
    alone = {day.on: day for day in best_dates("move", [TOM], *january)}
    halves = [[factor.points for factor in alone[day.on].factors[:4]] for day in both]
    assert [[2 * factor.points for factor in day.factors if factor.person == "first"] for day in both] == halves


@pytest.fixture
def _today(time_machine):
    time_machine.move_to(datetime(2026, 11, 21, 12, tzinfo=UTC), tick=False)


def ask(client, **body):
    return client.send("post", "numerology/best-dates", {"purpose": "wedding", **body})


@pytest.mark.django_db
@pytest.mark.usefixtures("_today")
class TestAddress:
    def test_ninety_days_from_today_the_best_first(self, member, profile):
        answer = ask(member)
        data = answer.json()["data"]
        assert (answer.status_code, answer.headers["Cache-Control"]) == (200, "no-store")
        assert (data["from_date"], data["to_date"], len(data["days"])) == ("2026-11-21", "2027-02-18", 90)
        expected = best_dates("wedding", [TOM], date(2026, 11, 21), date(2027, 2, 18))
        assert data["days"] == [day.to_dict() for day in expected]
        assert data["profile_ids"] == [str(profile.pk)]

    def test_two_years_for_two_on_fridays_without_factors(self, member, user, profile):
        other = make_profile(user, birth_date="1990-02-11", relation="partner")
        data = ask(
            member, **{"from": "2027-01-01", "to": "2028-12-31"}, second_profile_id=str(other.pk), weekdays=[5],
            limit=10, explain=False,
        ).json()["data"]  # fmt: skip
        assert data["profile_ids"] == [str(profile.pk), str(other.pk)]
        assert [set(day) for day in data["days"]] == [{"on", "weekday", "score"}] * 10
        assert {day["weekday"] for day in data["days"]} == {5}

    @pytest.mark.parametrize(
        ("body", "field"),
        [
            ({"purpose": "divorce"}, "purpose"),
            ({"purpose": None}, "purpose"),
            ({"from": "2027-01-01", "to": "2029-01-01"}, "to"),
            ({"to": "2026-11-20"}, "to"),
            ({"from": "1962-07-02"}, "from"),
            ({"from": 5}, "from"),
            ({"weekdays": [0]}, "weekdays.0"),
            ({"weekdays": []}, "weekdays"),
            ({"limit": 0}, "limit"),
            ({"limit": 732}, "limit"),
            ({"profile_id": "me"}, "profile_id"),
            ({"where": "here"}, "non_field_errors"),
        ],
    )
    def test_what_cannot_be_searched_is_refused_by_field(self, member, profile, body, field):
        answer = ask(member, **body)
        assert (answer.status_code, list(answer.json()["error"]["details"]["fields"])) == (400, [field])

    def test_the_same_person_twice_is_refused(self, member, profile):
        answer = ask(member, second_profile_id=str(profile.pk))
        assert list(answer.json()["error"]["details"]["fields"]) == ["second_profile_id"]

    @pytest.mark.parametrize("field", ["profile_id", "second_profile_id"])
    def test_a_strangers_profile_is_not_there(self, member, profile, field):
        stranger = make_user(password=None)
        theirs = make_profile(stranger)
        assert ask(member, **{field: str(theirs.pk)}).status_code == 404
        assert ask(CommittingClient(sign_in_as(stranger)), **{field: str(profile.pk)}).status_code == 404

    def test_it_costs_three_queries_however_long(self, member, user, profile, django_assert_num_queries):
        other = make_profile(user, birth_date="1990-02-11", relation="partner")
        with django_assert_num_queries(3):  # the member record, the first profile with the time zone, the second
            ask(member, **{"from": "2027-01-01", "to": "2028-12-31"}, second_profile_id=str(other.pk))
