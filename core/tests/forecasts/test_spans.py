"""Dates of cycles: they say of every day what the chart of that day says."""

from __future__ import annotations

from datetime import date, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.forecasts.changes import changes_between, next_changes
from core.forecasts.days import day_of, months_between
from core.forecasts.spans import CYCLES, TRANSITS, life_spans
from core.numerology import birth_chart
from core.tests.strategies import CYCLE_OPTIONS

NAMES = ("Thomas Cruise Mapother IV", "Ann Bell", "Ii Ai", "O", "Anna Lee Ott")
births = st.dates(date(1, 1, 1), date(2090, 12, 31)) | st.sampled_from([date(2000, 2, 29), date(1900, 12, 31)])


def holding(chart, on):
    """Return what holds on a day, by cycle; of the challenges all."""
    spans = life_spans(chart, on, on)
    return {cycle: spans[cycle][0] if spans[cycle] else None for cycle in CYCLES if cycle != "challenge"}


@given(name=st.sampled_from(NAMES), born=births, after=st.integers(0, 120 * 365), how=CYCLE_OPTIONS)
def test_every_day_has_the_cycles_of_its_chart(name, born, after, how):
    on = born + timedelta(after)
    chart = birth_chart(name, born, on=on, options=how, explain=False)
    found = holding(chart, on)
    assert found["period"].index == chart.period_index + 1
    assert found["pinnacle"].index == chart.pinnacle_index + 1
    assert (found["period"].number, found["pinnacle"].number) == (
        chart.period_cycles[chart.period_index],
        chart.pinnacles[chart.pinnacle_index],
    )
    assert found["personal_year"].number == chart.personal[0]
    assert found["essence"].number.total == chart.essence.total
    letters = [found[row] and (found[row].letter, found[row].number.value) for row in TRANSITS]
    assert letters == list(chart.transits)
    assert (day_of(chart, on).universal, day_of(chart, on).personal) == (chart.universal, chart.personal)


@given(name=st.sampled_from(NAMES), born=births, how=CYCLE_OPTIONS)
def test_spans_of_a_life_follow_one_another_without_a_gap(name, born, how):
    chart = birth_chart(name, born, options=how, explain=False)
    spans = life_spans(chart, born, born + timedelta(120 * 365))
    for cycle in set(CYCLES) - {"challenge"}:
        assert [before.ends + timedelta(1) for before, _ in pairwise(spans[cycle])] == [
            after.begins for _, after in pairwise(spans[cycle])
        ]
        assert all(span.begins == born for span in spans[cycle][:1])


def test_pinnacles_and_periods_of_a_known_person_turn_on_their_days():
    chart = birth_chart("Thomas Cruise Mapother IV", "1962-07-03")
    spans = life_spans(chart, chart.birth_date, date(2040, 1, 1))
    assert [span.begins.isoformat() for span in spans["pinnacle"]] == [
        "1962-07-03", "1998-07-03", "2007-07-03", "2016-07-03",
    ]  # fmt: skip
    assert [span.begins.isoformat() for span in spans["period"]] == ["1962-07-03", "1989-01-01", "2016-01-01"]
    # T lasts two years, H eight, O six.
    assert [(span.letter, span.begins.year) for span in spans["physical"][:3]] == [
        ("T", 1962),
        ("H", 1964),
        ("O", 1972),
    ]


def test_a_birthday_that_a_year_lacks_is_on_1_march():
    chart = birth_chart("Ann Bell", "2000-02-29", options={"personal_year_boundary": "birthday"})
    spans = life_spans(chart, date(2026, 1, 1), date(2028, 12, 31))["personal_year"]
    assert [span.begins.isoformat() for span in spans] == ["2025-03-01", "2026-03-01", "2027-03-01", "2028-02-29"]


def test_a_month_with_the_birthday_comes_in_two_parts():
    chart = birth_chart("Ann Bell", "1990-06-15", options={"personal_year_boundary": "birthday"})
    months = list(months_between(chart, date(2026, 5, 20), date(2026, 7, 3)))
    assert [(str(month.begins), str(month.ends)) for month in months] == [
        ("2026-05-20", "2026-05-31"), ("2026-06-01", "2026-06-14"), ("2026-06-15", "2026-06-30"),
        ("2026-07-01", "2026-07-03"),
    ]  # fmt: skip
    years = [month.day.personal[0].value for month in months]
    assert years == [3, 3, 4, 4]


def test_the_same_letter_twice_in_a_row_is_one_span_and_a_word_of_one_letter_never_changes():
    chart = birth_chart("Anna O", "1990-01-01")
    spans = life_spans(chart, chart.birth_date, date(2000, 1, 1))
    # A one year, N five and N five, A one, and again: A.
    assert [(span.letter, span.begins.year) for span in spans["physical"]] == [("A", 1990), ("N", 1991)]
    assert str(spans["physical"][1].ends) == "2000-12-31"
    assert [(span.letter, span.ends) for span in spans["spiritual"]] == [("O", None)]


@pytest.mark.parametrize(
    ("count", "told"),
    [(4, [("1999-05-05", 2), ("2022-05-05", 4)]), (3, [("1999-05-05", 2), ("2022-05-05", None)])],
)
def test_challenges_change_at_their_rough_ages_and_the_main_one_never(count, told):
    chart = birth_chart("Ann Bell", "1964-05-05", options={"challenge_count": count})
    found = [
        change for change in changes_between(chart, date(1964, 5, 5), date(2060, 1, 1)) if change.cycle == "challenge"
    ]
    assert [(str(change.on), change.after and change.after.index) for change in found] == told
    assert all(change.before.is_approximate for change in found)


@given(name=st.sampled_from(NAMES), born=births, after=st.integers(0, 120 * 365), how=CYCLE_OPTIONS)
def test_the_next_changes_are_the_first_of_those_to_come(name, born, after, how):
    on = born + timedelta(after)
    chart = birth_chart(name, born, options=how, explain=False)
    nearest = {change.cycle: change for change in next_changes(chart, on)}
    nearest.pop("personal_month")
    to_come = changes_between(chart, on + timedelta(1), date(on.year + 40, 12, 31))
    first = {}
    for change in reversed(to_come):
        first[change.cycle] = change
    assert nearest == first


def test_the_last_days_that_there_are_have_a_forecast():
    chart = birth_chart("Ann Bell", "1990-01-01")
    spans = life_spans(chart, date(9999, 12, 1), date.max)
    assert {cycle: len(found) for cycle, found in spans.items() if cycle != "challenge"} == dict.fromkeys(
        [cycle for cycle in CYCLES if cycle != "challenge"], 1
    )
    assert next_changes(chart, date.max) == []
