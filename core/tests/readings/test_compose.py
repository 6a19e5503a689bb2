"""What stands in a reading: the texts of its numbers, their working, and what changes ahead."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.content.lock_screen import LOCK_SCREEN
from core.forecasts.changes import changes_between
from core.numerology import birth_chart
from core.numerology.dates import birthday_in
from core.readings.ahead import TOLD, TOLD_BEFORE, changes_ahead, may_change_ahead
from core.readings.compose import compose, lucky_of
from core.readings.numbers import is_made_of, numbers_on, worked
from core.tests.readings.texts import first_english, made_up
from core.tests.strategies import CYCLE_OPTIONS

MEMBER = UUID(int=7)
PLAIN = made_up()
JULY_3 = {"birth_month": 7, "birth_day": 3, "option_set": "calendar", "life_path": 1}
MASTERS = JULY_3 | {"option_set": "calendar-11-22"}


def numbers(day=date(2026, 11, 21), **keys):
    return numbers_on(day, **{**JULY_3, "essence": None, "edition": 1, "content_version": 1, **keys})


def slots(found):
    """Return what the made-up texts tell of where they stand: slot and key."""
    words = compose(MEMBER, found, PLAIN)
    return {text.split()[2]: int(text.split()[3].split(".")[0]) for text in (
        words.headline, words.message, words.backdrop, words.lens, words.to_try, words.to_watch, words.affirmation,
        words.question,
    )}  # fmt: skip


def test_each_slot_takes_the_texts_of_its_number():
    found = numbers(life_path=11)
    day, year = found.personal_day, found.personal_year
    assert slots(found) == {
        "headline": day, "message": day, "try": day, "watch": day, "affirmation": day, "backdrop": year, "lens": 11,
        "question": 0,
    }  # fmt: skip


def test_a_life_path_without_texts_of_its_own_reads_as_its_root():
    assert slots(numbers(life_path=44))["lens"] == 8


def first_day_with(number):
    days = (date(2026, 1, 1) + timedelta(n) for n in range(400))
    return next(found for found in (numbers(day, **MASTERS) for day in days) if found.personal_day == number)


@pytest.mark.parametrize(("number", "title"), [(11, "An 11 day"), (22, "A 22 day")])
def test_a_master_day_reads_as_its_root_with_a_line_of_its_own(number, title):
    found = replace(numbers(), personal_day=number)
    words = compose(MEMBER, found, PLAIN)
    assert slots(found)["headline"] == number // 11 * 2
    assert (words.title, words.master_day.split()[2:3]) == (title, ["master_day"])


def test_other_days_have_no_such_line():
    assert compose(MEMBER, numbers(), PLAIN).master_day == ""


def test_the_personal_month_is_named_in_the_backdrop():
    assert compose(MEMBER, numbers(date(2026, 6, 1)), PLAIN).backdrop.endswith("an 8 month")


def test_a_corrected_text_is_shown_as_it_was():
    newer = PLAIN.replacing(next(iter(PLAIN.keys("passages"))), "en", {"text": "Corrected."})
    assert compose(MEMBER, numbers(), newer) == compose(MEMBER, numbers(), PLAIN)


@pytest.mark.parametrize("n", range(0, 365, 7))
def test_what_a_lock_screen_shows_fits(n):
    words = compose(UUID(int=n), numbers(date(2026, 1, 1) + timedelta(n)), first_english())
    assert len(words.body) <= LOCK_SCREEN
    assert words.body.startswith(words.headline)
    assert "{" not in words.backdrop


def test_colours_and_weekdays_take_turns_and_name_their_school():
    found = numbers()
    turns = [lucky_of(replace(found, day_count=n)) for n in range(6)]
    assert {one["colour"].value for one in turns} == {"yellow", "cream", "light green"}
    assert {one["weekday"].value for one in turns} == {"Sunday", "Monday"}
    assert {name: lucky.school for name, lucky in turns[0].items()} == {
        "number": "indian", "colour": "indian", "weekday": "cheiro",
    }  # fmt: skip


def test_where_masters_are_kept_the_working_shows_the_step_before():
    found = first_day_with(11)
    terms = worked(found, (7, 3))["personal_day"]["working"]
    day = found.reading_date.day
    assert terms[1]["adds"] == 1 + (day - 1) % 9
    assert sum(term["adds"] for term in terms) in (11, 29)


@pytest.mark.parametrize("change", [{"birth_month": 8}, {"birth_day": 4}, {"life_path": 2}, {"option_set": "birthday"}])
def test_other_birth_data_are_noticed(change):
    early = numbers(date(2026, 2, 1))
    assert is_made_of(early, **JULY_3)
    assert not is_made_of(early, **{**JULY_3, **change})


def told(on, **chart):
    found = changes_ahead(birth_chart("Thomas Cruise Mapother IV", "1962-07-03", **chart), on)
    return [(change["in_days"], change["cycle"]) for change in found]


@pytest.mark.parametrize(
    ("on", "expected"),
    [
        (date(2026, 12, 2), [(30, "personal_year"), (30, "personal_month")]),
        (date(2026, 12, 25), [(7, "personal_year"), (7, "personal_month")]),
        (date(2027, 1, 1), [(0, "personal_year"), (0, "personal_month")]),
        (date(2027, 1, 2), [(30, "personal_month")]),
        (date(2026, 12, 26), []),
    ],
    ids=str,
)
def test_the_turn_of_the_year_is_told_a_month_and_a_week_before_and_on_the_day(on, expected):
    assert told(on) == expected


@pytest.mark.parametrize(("on", "in_days"), [(date(2016, 6, 3), 30), (date(2016, 6, 26), 7), (date(2016, 7, 3), 0)])
def test_a_pinnacle_is_told_of_ahead(on, in_days):
    assert (in_days, "pinnacle") in told(on)


def test_an_essence_is_told_of_on_the_birthday():
    assert (7, "essence") in [pair for year in range(2020, 2029) for pair in told(date(year, 6, 26))]


@given(
    born=st.dates(date(1920, 1, 1), date(2009, 12, 31)) | st.just(date(2000, 2, 29)),
    on=st.dates(date(2011, 1, 1), date(2060, 12, 31)),
    how=CYCLE_OPTIONS,
    ahead=st.sampled_from(TOLD_BEFORE),
    nearby=st.sampled_from([-1, 0, 1]) | st.none(),
)
def test_nothing_that_turns_is_passed_over(born, on, how, ahead, nearby):
    if nearby is not None:
        # Near the days on which something turns, not only on any.
        turn = date(on.year, 1, 1) if on.day % 2 else birthday_in(on.year, born)
        on = turn - timedelta(ahead + nearby)
    chart = birth_chart("Thomas Cruise Mapother IV", born, options=how, explain=False)
    expected = [
        ((change.on - on).days, change.cycle)
        for change in changes_between(chart, on, on + timedelta(max(TOLD_BEFORE)))
        if change.cycle in TOLD and (change.on - on).days in TOLD_BEFORE
    ]
    found = [(change["in_days"], change["cycle"]) for change in changes_ahead(chart, on)]
    assert [pair for pair in found if pair[1] != "personal_month"] == expected
    assert may_change_ahead(on, (born.month, born.day)) or not found


def test_most_days_need_no_chart():
    year = [date(2027, 1, 1) + timedelta(n) for n in range(365)]
    # Three days for each of twelve months, of which four (after months of 30 days) are the 1st of another; and three
    # for the birthday.
    assert sum(may_change_ahead(on, (7, 3)) for on in year) == 12 * 3 - 4 + 3
    assert may_change_ahead(date(2027, 2, 22), (2, 29))
    assert not may_change_ahead(date.max, (7, 3))


def test_single_letters_are_not_announced():
    cycles = {cycle for n in range(0, 800, 3) for _, cycle in told(date(2000, 6, 1) + timedelta(n))[:1]}
    assert cycles & {"physical", "mental", "spiritual"} == set()


@pytest.mark.parametrize("on", [date(1962, 7, 1), date(1962, 7, 3), date(9999, 12, 20)], ids=str)
def test_before_the_birth_and_at_the_end_of_the_calendar_nothing_is_ahead(on):
    assert told(on) == []
