"""POST /api/v1/numerology/number-analysis: houses, businesses, vehicles and telephones."""

import io
from typing import Any

import pytest
from django.test import Client

from core.numerology import EngineError, number_analysis
from core.tests import calling
from core.tests.calling import assert_nothing_personal, fields_at_fault

pytestmark = pytest.mark.usefixtures("fresh_limits")
URL = "/api/v1/numerology/number-analysis"
HOUSE = {"kind": "house", "text": "42B"}


def post(api: Client, body: Any) -> Any:
    return calling.post(api, URL, body)


def test_a_house_number_with_what_was_counted(api: Client) -> None:
    answer = post(api, HOUSE)
    data = answer.json()["data"]
    assert (answer.status_code, answer["Cache-Control"]) == (200, "no-store")
    assert (data["number"]["value"], data["digits"], data["letters"]) == (8, [4, 2], [[{"letter": "B", "value": 2}]])
    assert data["number"]["working"] == [
        {"label": "letters", "chain": [2], "adds": 2},
        {"label": "digits", "chain": [6], "adds": 6},
    ]
    assert [(row["school"], row["planet"]) for row in data["associations"]] == [
        ("indian", "Saturn"),
        ("cheiro", "Saturn"),
    ]


@pytest.mark.parametrize(
    ("kind", "text", "total"),
    [
        ("house", "221b", 7),
        ("house", "٤٢", 6),
        ("business", "Blue Door Books", 55),
        ("business", "7-Eleven", 34),
        ("vehicle", "KA 01 AB 1234", 17),
        ("vehicle", "А123ВС", 12),
        ("phone", "+49 (151) 234-5678", 55),
    ],
)
def test_letters_and_digits_are_counted_as_written(api: Client, kind: str, text: str, total: int) -> None:
    assert post(api, {"kind": kind, "text": text}).json()["data"]["number"]["total"] == total


@pytest.mark.parametrize(
    ("kind", "source"), [("house", "publi"), ("business", "publi"), ("vehicle", "our d"), ("phone", "our d")]
)
def test_each_kind_says_whose_rule_it_follows(api: Client, kind: str, source: str) -> None:
    assert post(api, {"kind": kind, "text": "1"}).json()["data"]["source"].startswith(source)


def test_another_table_and_masters_can_be_chosen(api: Client) -> None:
    data = post(api, {"kind": "house", "text": "9B", "table": "chaldean", "masters": [11]}).json()["data"]
    assert (data["table"], data["number"]["value"], data["number"]["root"]) == ("chaldean", 11, 2)


def test_what_is_not_counted_is_reported(api: Client) -> None:
    assert post(api, {"kind": "house", "text": "王12"}).json()["data"]["ignored"] == ["王"]
    assert post(api, {"kind": "house", "text": "A王12"}).json()["data"]["ignored"] == ["王"]


def test_spellings_are_shown_and_can_be_edited(api: Client) -> None:
    sent = {"kind": "business", "text": "Кафе Юг"}
    assert post(api, sent).json()["data"]["transliterated"][1] == {"from": "Юг", "to": "IUG"}
    edited = post(api, sent | {"transliteration": {"Юг": "Yug"}}).json()["data"]
    assert edited["transliterated"][1] == {"from": "Юг", "to": "YUG"}


def test_the_working_can_be_left_out(api: Client) -> None:
    data = post(api, HOUSE | {"explain": False}).json()["data"]
    assert "letters" not in data
    assert "working" not in data["number"]


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"kind": "ship"}, "kind"),
        ({"kind": 1}, "kind"),
        ({"text": ""}, "text"),
        ({"text": "000"}, "text"),
        ({"text": "!?"}, "text"),
        ({"text": "王"}, "text"),
        ({"text": 42}, "text"),
        ({"text": "x" * 201}, "text"),
        ({"text": "ﷺ" * 200}, "text"),
        ({"table": "runes"}, "table"),
        ({"masters": [12]}, "masters"),
        ({"masters": {}}, "masters"),
        ({"transliteration": {"Ж": 1}}, "transliteration"),
        ({"text": "Ж", "transliteration": {"Ж": "Ж"}}, "transliteration"),
        ({"explain": 1}, "explain"),
        ({"preset": "decoz"}, "non_field_errors"),
    ],
)
def test_bad_input_names_the_field(api: Client, change: dict[str, Any], field: str) -> None:
    assert field in fields_at_fault(post(api, HOUSE | change))


def test_nothing_is_taken_for_granted(api: Client) -> None:
    assert set(fields_at_fault(post(api, {}))) == {"kind", "text"}


@pytest.mark.parametrize("kind", ["ship", None, []])
def test_the_engine_refuses_other_kinds(kind: Any) -> None:
    with pytest.raises(EngineError) as error:
        number_analysis(kind, "42B")
    assert (error.value.code, error.value.field) == ("UNKNOWN_KIND", "kind")


def test_the_eleventh_request_of_a_stranger_waits(api: Client) -> None:
    answers = [post(api, HOUSE) for _ in range(11)]
    assert [answer.status_code for answer in answers] == [200] * 10 + [429]


def test_nothing_that_was_sent_reaches_a_log(api: Client, log_lines: io.StringIO) -> None:
    post(api, {"kind": "phone", "text": "Lovelace 1815"})
    assert_nothing_personal(log_lines.getvalue())
