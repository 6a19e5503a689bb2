"""POST /api/v1/numerology/name-analysis: the part of a chart that needs no birth date."""

import io
from typing import Any

import pytest
from django.test import Client
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.numerology import PRESETS, birth_chart, name_analysis
from core.tests import calling
from core.tests.calling import assert_nothing_personal, fields_at_fault

pytestmark = pytest.mark.usefixtures("fresh_limits")
URL = "/api/v1/numerology/name-analysis"
TOM = {"name": "Thomas Cruise Mapother IV"}


def post(api: Client, body: Any) -> Any:
    return calling.post(api, URL, body)


def test_a_name_gives_its_numbers_with_their_working(api: Client) -> None:
    answer = post(api, TOM | {"current_name": "Tom Cruise"})
    data = answer.json()["data"]
    assert (answer.status_code, answer["Cache-Control"]) == (200, "no-store")
    assert list(data["core"]) == ["expression", "soul_urge", "personality", "balance"]
    assert [part["adds"] for part in data["core"]["expression"]["working"]] == [22, 3, 6]
    assert data["minor"]["minor_expression"]["value"] == 6
    assert data["karmic_debts"] == [{"where": "expression_one_sum", "debt": 13}, {"where": "personality", "debt": 13}]
    assert data["schools"]["chaldean"]["compound"] == 35


def test_the_working_can_be_left_out(api: Client) -> None:
    data = post(api, TOM | {"explain": False}).json()["data"]
    assert "working" not in data["core"]["expression"]
    assert "letters" not in data["name"]


@pytest.mark.parametrize("preset", list(PRESETS))
def test_every_school_answers_as_described(api: Client, preset: str) -> None:
    answer = post(api, TOM | {"preset": preset})
    assert (answer.status_code, answer.json()["data"]["preset"]) == (200, preset)


@pytest.mark.parametrize("preset", list(PRESETS))
@pytest.mark.parametrize("birth_date", ["0001-01-01", "1988-12-31", "9999-09-09"])
def test_no_birth_date_would_change_it(preset: str, birth_date: str) -> None:
    analysis = name_analysis("Sylvia Young-Ó'Hara", preset=preset, current_name="Sylvia Young")
    chart = birth_chart("Sylvia Young-Ó'Hara", birth_date, preset=preset, current_name="Sylvia Young").to_dict()
    assert analysis["letters"] == chart["letters"]
    assert analysis["core"] == {quantity: chart["core"][quantity] for quantity in analysis["core"]}
    assert analysis["minor"] == chart["minor"]
    assert analysis["schools"]["vedic_name"] == chart["schools"]["vedic"]["name"]
    assert [one for one in chart["karmic_debts"] if one in analysis["karmic_debts"]] == analysis["karmic_debts"]
    assert [one for one in chart["alternatives"] if one in analysis["alternatives"]] == analysis["alternatives"]


def test_names_in_other_scripts_show_their_spelling(api: Client) -> None:
    data = post(api, {"name": "Пётр", "transliteration": {"Пётр": "Pyotr"}}).json()["data"]
    assert data["name"]["transliterated"] == [{"from": "Пётр", "to": "PYOTR"}]


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"name": ""}, "name"),
        ({"name": "12345"}, "name"),
        ({"name": "x" * 201}, "name"),
        ({"name": {"first": 1}}, "name.first"),
        ({"current_name": "123"}, "current_name"),
        ({"preset": "astrology"}, "preset"),
        ({"options": {"mode": "odd"}}, "options.mode"),
        ({"vowel_overrides": [{"part": 0}]}, "vowel_overrides.0.index"),
        ({"vowel_overrides": [{"part": 9, "index": 0, "role": "vowel"}]}, "vowel_overrides"),
        ({"transliteration": {"Ж": "Ж"}}, "transliteration"),
        ({"explain": "yes"}, "explain"),
        ({"birth_date": "1962-07-03"}, "non_field_errors"),
    ],
)
def test_bad_input_names_the_field(api: Client, change: dict[str, Any], field: str) -> None:
    assert field in fields_at_fault(post(api, TOM | change))


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(name=st.text(max_size=60), caller=st.integers(0, 2**24 - 1))
def test_any_text_is_a_name_or_is_refused(api: Client, name: str, caller: int) -> None:
    address = f"10.{caller >> 16}.{caller >> 8 & 255}.{caller & 255}"
    answer = api.post(URL, {"name": name}, content_type="application/json", REMOTE_ADDR=address)
    assert answer.status_code in (200, 400)


def test_the_eleventh_request_of_a_stranger_waits(api: Client) -> None:
    answers = [post(api, TOM) for _ in range(11)]
    assert [answer.status_code for answer in answers] == [200] * 10 + [429]


@pytest.mark.parametrize("name", ["Ada Lovelace", "Lovelace" * 90])
def test_no_name_reaches_a_log(api: Client, log_lines: io.StringIO, name: str) -> None:
    post(api, {"name": name})
    assert_nothing_personal(log_lines.getvalue())
