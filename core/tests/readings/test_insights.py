"""Insights: honest about chance, and silent where there is too little to say."""

from __future__ import annotations

import doctest
from datetime import UTC, date, datetime, timedelta

import pytest

from core.models import DailyReading, ReadingResponse
from core.readings import insights as module
from core.readings.insights import ENOUGH, insights, range_by_chance

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)


def test_examples_in_docstrings_hold():
    assert doctest.testmod(module).failed == 0


def test_below_twenty_answers_nothing_is_said():
    found = insights({(4, "yes"): 19})
    assert (found["answers"], found["needed"], found["overall"], found["by_personal_day"]) == (19, ENOUGH, None, [])


def test_the_share_stands_beside_what_chance_would_give():
    overall = insights({(4, "yes"): 10, (4, "partly"): 5, (7, "no"): 15})["overall"]
    assert (overall["yes"], overall["partly"], overall["no"], overall["answers"]) == (10, 5, 15, 30)
    assert (overall["rate"], overall["rate_by_chance"], overall["is_beyond_chance"]) == (0.333, 0.333, False)


def test_a_number_is_compared_with_all_days_and_only_with_enough_answers():
    found = insights({(4, "yes"): 20, (4, "no"): 5, (7, "yes"): 5, (7, "no"): 20, (9, "yes"): 10, (9, "no"): 9})
    by_number = {row["personal_day"]: row for row in found["by_personal_day"]}
    assert set(by_number) == {4, 7}
    assert by_number[4]["rate_by_chance"] == found["overall"]["rate"]
    assert (by_number[4]["is_beyond_chance"], by_number[7]["is_beyond_chance"]) == (True, True)


def test_more_comparisons_ask_for_more_before_one_is_called_more_than_chance():
    """Of nine numbers one is often odd by chance: 31 of 50 is outside for one comparison, and inside among nine."""
    one = {(1, "yes"): 32, (1, "no"): 18}
    rest = {(number, word): 25 for number in range(2, 10) for word in ("yes", "no")}
    among_nine = insights({**one, **rest})["by_personal_day"][0]
    low, high = range_by_chance(50, among_nine["rate_by_chance"], 0.05)
    assert not low <= 32 <= high or among_nine["range_by_chance"][1] > high / 50
    assert not among_nine["is_beyond_chance"]


@pytest.mark.parametrize(("answers", "chance"), [(20, 0.0), (20, 1.0), (1000, 1 / 3), (20_000, 0.5)])
def test_the_range_holds_what_is_likeliest(answers, chance):
    low, high = range_by_chance(answers, chance, 0.05)
    assert low <= answers * chance <= high


@pytest.mark.django_db
@pytest.mark.usefixtures("_now", "edition")
def test_answers_are_counted_by_the_number_of_their_day(member, profile, user, other):
    for owner in (user, other):
        for n in range(ENOUGH):
            day = date(2026, 10, 1) + timedelta(n)
            DailyReading.objects.create(
                user_id=owner.pk, reading_date=day, content_version=1, edition=1, engine_version=1, personal_year=1,
                personal_month=1, personal_day=1 + n % 2, universal_day=1, day_count=1, life_path=1,
                option_set="calendar",
            )  # fmt: skip
            ReadingResponse.objects.create(user=owner, reading_date=day, rang_true="yes", answered_at=NOW)
    data = member.send("get", "numerology/insights").json()["data"]
    assert (data["answers"], data["overall"]["rate"], data["by_personal_day"]) == (20, 1.0, [])
