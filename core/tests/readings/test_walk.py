"""No text comes back too soon: two years of readings for two hundred birthdays, over a year's end and a new edition."""

from __future__ import annotations

import sys
from collections import defaultdict
from datetime import date, timedelta
from uuid import UUID

import pytest

from core.content.catalogue import SLOTS
from core.numerology import PRESETS, Options
from core.numerology.day_table import BIRTHDAYS, option_key
from core.readings.compose import places
from core.readings.numbers import numbers_on
from core.readings.walk import order, place_on
from core.tests.readings.texts import made_up

FROM = date(2026, 7, 1)
DAYS = [FROM + timedelta(n) for n in range(730)]
NEW_EDITION = date(2027, 3, 1)
LIBRARY = made_up({1: date(2026, 1, 1), 2: NEW_EDITION})
KEYS = sorted(
    {option_key(options) for options in PRESETS.values()}
    | {option_key(Options(personal_year_boundary=boundary, personal_masters=frozenset({11, 22})))
       for boundary in ("calendar", "birthday")}
)  # fmt: skip
LIFE_PATHS = SLOTS["lens"].keys
PROFILES = [
    (UUID(int=n), BIRTHDAYS[n * 37 % 366], KEYS[n % len(KEYS)], LIFE_PATHS[n % len(LIFE_PATHS)]) for n in range(200)
]


def readings_of(member, birthday, option_set, life_path):
    """Return what each day's reading is put together from: slot -> edition, key and place."""
    for day in DAYS:
        numbers = numbers_on(
            day,
            birth_month=birthday[0],
            birth_day=birthday[1],
            option_set=option_set,
            life_path=life_path,
            essence=None,
            edition=LIBRARY.edition_on(day),
            content_version=1,
        )
        found = places(member, numbers, LIBRARY)
        yield day, {slot: (numbers.edition, *place) for slot, place in found.items()}


@pytest.fixture(scope="module")
def simulated():
    """Return the smallest gap in days between two showings of one passage, by slot, and between two same readings."""
    gaps: dict[str, int] = defaultdict(lambda: len(DAYS))
    whole, shown = len(DAYS), 0
    for profile in PROFILES:
        last: dict[object, date] = {}
        for day, reading in readings_of(*profile):
            for slot, passage in reading.items():
                gaps[slot] = min(gaps[slot], (day - last.get((slot, passage), date.min)).days)
                last[slot, passage] = day
                shown += 1
            everything = tuple(sorted(reading.items()))
            whole = min(whole, (day - last.get(everything, date.min)).days)
            last[everything] = day
    return dict(gaps), whole, shown


def test_no_passage_comes_back_within_three_weeks(simulated, capsys):
    gaps, _, shown = simulated
    with capsys.disabled():
        sys.stdout.write(f"\n{len(PROFILES)} profiles, {len(DAYS)} days, {shown} passages; smallest gaps: {gaps}\n")
    assert set(gaps) == set(SLOTS)
    assert min(gaps.values()) > 21


def test_no_whole_reading_comes_back_within_a_year(simulated):
    assert simulated[1] > 365


def test_the_simulation_goes_over_a_years_end_and_into_a_new_edition():
    editions = {LIBRARY.edition_on(day) for day in DAYS}
    assert (editions, DAYS[0].year, DAYS[-1].year) == ({1, 2}, 2026, 2028)


def test_two_numbers_of_one_root_walk_as_one():
    """An 11 day shows the texts of a 2: counted apart, the two would meet on the same text within days."""
    member, birthday, option_set, life_path = next(profile for profile in PROFILES if profile[2] == "calendar-11-22")
    headlines = [
        reading["headline"][1:]
        for _, reading in readings_of(member, birthday, option_set, life_path)
        if reading["headline"][1] == 2
    ]
    assert len(set(headlines[:20])) == 20


def test_the_order_is_the_members_own_and_the_slots_own():
    orders = [order(UUID(int=member), slot, 4, 20) for member in (1, 2) for slot in ("headline", "try")]
    assert len(set(orders)) == 4


def test_the_order_is_the_same_for_ever():
    """Readings that were made are read by it: were it another one day, every text of history would change."""
    assert order(UUID(int=7), "headline", 4, 20)[:6] == (3, 9, 17, 6, 5, 10)


def test_a_longer_list_keeps_the_order_of_the_places_it_had():
    assert tuple(place for place in order(UUID(int=7), "lens", 4, 30) if place < 23) == order(
        UUID(int=7), "lens", 4, 23
    )


@pytest.mark.parametrize(("first", "second"), [("message", "try"), ("headline", "watch"), ("watch", "affirmation"),
                                               ("headline", "affirmation"), ("backdrop", "lens")])  # fmt: skip
def test_slots_of_as_many_passages_do_not_keep_step(first, second):
    member, count = UUID(int=7), SLOTS[first].count
    assert SLOTS[second].count == count
    pairs = {
        tuple(place_on(member, slot, 4, count=count, step=step) for slot in (first, second))
        for step in range(3 * count)
    }
    assert len(pairs) == 3 * count
