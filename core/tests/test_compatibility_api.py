"""POST /api/v1/numerology/compatibility: two people, given in the request."""

import io
from typing import Any

import pytest
import time_machine
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st

from core.numerology import PRESETS, Person, birth_chart, compare
from core.numerology.pairing import POSITIONS
from core.tests import calling
from core.tests.calling import assert_nothing_personal, fields_at_fault

pytestmark = pytest.mark.usefixtures("fresh_limits")
URL = "/api/v1/numerology/compatibility"
ADA = {"name": "Ada Lovelace", "birth_date": "1815-12-10"}
CHARLES = {"name": "Charles Babbage", "birth_date": "1791-12-26"}
BOTH = {"first": ADA, "second": CHARLES}


def post(api: Client, body: Any) -> Any:
    return calling.post(api, URL, body)


def test_each_number_stands_beside_that_of_the_other(api: Client) -> None:
    answer = post(api, BOTH)
    data = answer.json()["data"]
    assert (answer.status_code, answer["Cache-Control"]) == (200, "no-store")
    assert [pair["position"] for pair in data["pairs"]] == list(POSITIONS)
    path = data["pairs"][0]
    assert (path["first"]["value"], path["second"]["value"]) == (1, 2)
    assert path["labels"] == [
        {"school": "loveto", "first_to_second": "challenging", "second_to_first": "challenging"},
        {"school": "mahajyotish", "first_to_second": "friend", "second_to_first": "friend"},
        {"school": "futuresamachar", "first_to_second": "neutral", "second_to_first": "neutral"},
    ]
    assert path["triads"] == {"first": [1, 5, 7], "second": [2, 4, 8], "shared": False}
    assert [part["adds"] for part in path["second"]["working"]] == [3, 8, 9]


def test_the_relationship_number_adds_the_life_paths_masters_and_all(api: Client) -> None:
    eleven = {"birth_date": "1985-02-04"}
    number = post(api, {"first": eleven, "second": eleven}).json()["data"]["relationship"]
    assert (number["value"], number["chain"]) == (22, [22])
    assert [(part["label"], part["adds"]) for part in number["working"]] == [
        ("first life path", 11),
        ("second life path", 11),
    ]


def test_tables_that_are_not_symmetric_are_read_in_both_directions(api: Client) -> None:
    data = post(api, {"first": {"birth_date": "2000-01-07"}, "second": {"birth_date": "2000-01-09"}}).json()["data"]
    birthday = data["pairs"][-1]
    assert (birthday["first"]["value"], birthday["second"]["value"]) == (7, 9)
    assert birthday["labels"][2] == {"school": "futuresamachar", "first_to_second": "enemy", "second_to_first": None}


def test_without_a_name_the_dates_alone_are_compared(api: Client) -> None:
    named = post(api, BOTH).json()["data"]
    nameless = post(api, {"first": ADA, "second": {"birth_date": CHARLES["birth_date"]}}).json()["data"]
    assert nameless["relationship"] == named["relationship"]
    assert (nameless["pairs"][0], nameless["pairs"][4]) == (named["pairs"][0], named["pairs"][4])
    empty = {"second": None, "labels": None, "triads": None}
    assert nameless["pairs"][1] == named["pairs"][1] | empty


@given(born=st.dates(), preset=st.sampled_from(list(PRESETS)))
def test_the_numbers_of_a_date_are_those_of_a_chart(born: Any, preset: str) -> None:
    date_alone, named = Person(born), Person(born, "Ann Bell")
    pairs = compare(date_alone, named, on="9999-12-31", preset=preset)["pairs"]
    chart = birth_chart("Ann Bell", born, preset=preset).to_dict()["core"]
    assert [pairs[0][which] for which in ("first", "second")] == [chart["life_path"]] * 2
    assert [pairs[4][which] for which in ("first", "second")] == [chart["birthday"]] * 2


def test_a_name_without_such_letters_has_no_such_number(api: Client) -> None:
    data = post(api, {"first": ADA, "second": CHARLES | {"name": "Bcd"}, "options": {"vowel_rule": "aeiou"}}).json()
    soul_urge = data["data"]["pairs"][2]
    assert (soul_urge["second"], soul_urge["labels"]) == (None, None)


def test_the_working_can_be_left_out(api: Client) -> None:
    data = post(api, BOTH | {"explain": False, "first": {"birth_date": "1815-12-10"}}).json()["data"]
    assert "working" not in data["relationship"]
    assert all("working" not in (pair[who] or {}) for pair in data["pairs"] for who in ("first", "second"))


@pytest.mark.parametrize("preset", list(PRESETS))
def test_every_school_answers_as_described(api: Client, preset: str) -> None:
    answer = post(api, BOTH | {"preset": preset})
    assert (answer.status_code, answer.json()["data"]["preset"]) == (200, preset)


def test_spellings_of_either_are_heeded(api: Client) -> None:
    first = {"name": "Пётр", "birth_date": "1990-07-14", "transliteration": {"Пётр": "Lynn"}}
    second = {"name": "Lynn", "birth_date": "1990-07-14"}
    override = {"vowel_overrides": [{"part": 0, "index": 1, "role": "consonant"}]}
    pairs = post(api, {"first": first, "second": second}).json()["data"]["pairs"]
    assert pairs[2]["first"] == pairs[2]["second"]
    pairs = post(api, {"first": first, "second": second | override}).json()["data"]["pairs"]
    assert (pairs[2]["first"]["value"], pairs[2]["second"]) == (7, None)


def test_whoever_is_born_today_anywhere_on_earth_is_born(api: Client) -> None:
    with time_machine.travel("2026-03-01T11:00:00Z", tick=False):
        assert post(api, BOTH | {"second": {"birth_date": "2026-03-02"}}).status_code == 200
        answer = post(api, BOTH | {"second": {"birth_date": "2026-03-03"}})
    assert list(fields_at_fault(answer)) == ["second.birth_date"]
    assert answer.json()["error"]["details"]["reason"] == "FUTURE_DATE"


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"first": None}, "first"),
        ({"first": "Ada"}, "first"),
        ({"second": {"name": "Ada"}}, "second.birth_date"),
        ({"second": ADA | {"birth_date": "1815-12-32"}}, "second.birth_date"),
        ({"second": ADA | {"birth_date": "9999-12-31"}}, "second.birth_date"),
        ({"first": ADA | {"name": "123"}}, "first.name"),
        ({"first": ADA | {"name": {"first": ""}}}, "first.name.first"),
        ({"first": ADA | {"vowel_overrides": [{"part": 9, "index": 0, "role": "vowel"}]}}, "first.vowel_overrides"),
        ({"first": ADA | {"name": "Ж", "transliteration": {"Ж": "Ж"}}}, "first.transliteration"),
        ({"first": {"birth_date": "1815-12-10", "transliteration": {"a": "b"}}}, "first.name"),
        ({"first": ADA | {"profile_id": 1}}, "first.profile_id"),
        ({"first": ADA | {"profile_id": "01a1fdfa-4600-7838-a23d-b9728e725b29"}}, "first.profile_id"),
        ({"relation": "marriage"}, "relation"),
        ({"preset": "astrology"}, "preset"),
        ({"options": {"masters": {}}}, "options.masters"),
        ({"explain": 0}, "explain"),
        ({"third": ADA}, "non_field_errors"),
    ],
)
def test_bad_input_names_the_field(api: Client, change: dict[str, Any], field: str) -> None:
    assert field in fields_at_fault(post(api, BOTH | change))


def test_both_people_are_judged_at_once(api: Client) -> None:
    assert set(fields_at_fault(post(api, {"first": {}, "second": {}}))) == {"first.birth_date", "second.birth_date"}


def test_the_eleventh_request_of_a_stranger_waits(api: Client) -> None:
    answers = [post(api, BOTH) for _ in range(11)]
    assert [answer.status_code for answer in answers] == [200] * 10 + [429]


@pytest.mark.parametrize("second", [ADA, {"name": "Lovelace 1815", "birth_date": "1815-12-99"}])
def test_nothing_of_either_reaches_a_log(api: Client, log_lines: io.StringIO, second: dict[str, str]) -> None:
    post(api, {"first": ADA, "second": second})
    assert_nothing_personal(log_lines.getvalue())
