"""POST /api/v1/numerology/calculate. Every answer is also compared with the OpenAPI description (root conftest)."""

import io
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from core.numerology import PRESETS
from core.tests import calling
from core.tests.calling import assert_nothing_personal, fields_at_fault
from core.views import calculations

URL = "/api/v1/numerology/calculate"
TOM = {"name": "Thomas Cruise Mapother IV", "birth_date": "1962-07-03"}


pytestmark = pytest.mark.usefixtures("fresh_limits")


def post(api: Client, body: Any) -> Any:
    return calling.post(api, URL, body)


def test_a_name_and_a_birth_date_give_a_chart_with_its_working(api: Client) -> None:
    answer = post(api, TOM)
    chart = answer.json()["data"]
    assert (answer.status_code, answer["Cache-Control"]) == (200, "no-store")
    assert (chart["core"]["life_path"]["value"], chart["core"]["expression"]["total"]) == (1, 31)
    assert [part["adds"] for part in chart["core"]["life_path"]["working"]] == [7, 3, 9]
    assert chart["name"]["parts"] == ["THOMAS", "CRUISE", "MAPOTHER"]


@pytest.mark.django_db
def test_nothing_is_read_from_or_written_to_the_database(api: Client) -> None:
    with CaptureQueriesContext(connection) as queries:
        post(api, TOM)
    assert len(queries) == 0


def test_the_working_can_be_left_out(api: Client) -> None:
    chart = post(api, TOM | {"explain": False}).json()["data"]
    assert "working" not in chart["core"]["life_path"]
    assert "letters" not in chart["name"]


def test_a_name_may_come_in_its_parts(api: Client) -> None:
    parts = {"first": "Thomas", "middle": ["Cruise"], "last": "Mapother", "suffix": "IV"}
    chart = post(api, TOM | {"name": parts}).json()["data"]
    assert chart["core"] == post(api, TOM).json()["data"]["core"]


def test_a_name_in_use_gives_the_minor_numbers(api: Client) -> None:
    chart = post(api, TOM | {"current_name": "Tom Cruise"}).json()["data"]
    assert chart["minor"]["minor_expression"]["value"] == 6
    assert post(api, TOM).json()["data"]["minor"] is None


@pytest.mark.parametrize("preset", list(PRESETS))
def test_every_school_answers_as_described(api: Client, preset: str) -> None:
    answer = post(api, TOM | {"preset": preset})
    assert (answer.status_code, answer.json()["data"]["preset"]) == (200, preset)


def test_one_option_replaces_that_of_the_school(api: Client) -> None:
    chart = post(api, TOM | {"options": {"masters": [11], "planes": "digit"}}).json()["data"]
    assert chart["options"]["masters"] == [11]
    assert isinstance(chart["letters"]["planes"]["physical"], int)


def test_overrides_transliteration_and_gender_are_heeded(api: Client) -> None:
    chart = post(
        api,
        {
            "name": "Пётр Lynn",
            "birth_date": "1990-07-14",
            "gender": "male",
            "vowel_overrides": [{"part": 1, "index": 1, "role": "consonant"}],
            "transliteration": {"Пётр": "Pyotr"},
        },
    ).json()["data"]
    assert list(chart["schools"]["kua"]) == ["male"]
    assert [letter["role"] for letter in chart["name"]["letters"][1]] == ["consonant"] * 4
    assert chart["name"]["parts"][0] == "PYOTR"


def test_the_day_is_todays_in_utc(api: Client) -> None:
    with time_machine.travel("2026-03-01T23:30:00Z", tick=False):
        assert post(api, TOM).json()["data"]["current"]["on"] == "2026-03-01"


@pytest.mark.parametrize(
    ("zone", "day"),
    [("Asia/Kathmandu", "2026-03-02"), ("America/New_York", "2026-03-01"), ("Pacific/Chatham", "2026-03-02")],
)
def test_the_day_is_todays_in_the_callers_zone(api: Client, zone: str, day: str) -> None:
    with time_machine.travel("2026-03-01T23:30:00Z", tick=False):
        assert post(api, TOM | {"time_zone": zone}).json()["data"]["current"]["on"] == day


def test_the_day_may_be_chosen(api: Client) -> None:
    chart = post(api, TOM | {"on": "1982-07-03"}).json()["data"]
    assert (chart["current"]["on"], chart["current"]["age"]) == ("1982-07-03", 20)


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"name": ""}, "name"),
        ({"name": "12345"}, "name"),
        ({"name": "x" * 201}, "name"),
        ({"name": 5}, "name"),
        ({"name": None}, "name"),
        ({"name": ["a"]}, "name"),
        ({"name": {}}, "name.first"),
        ({"name": {"first": 1}}, "name.first"),
        ({"name": {"first": "A", "middle": ["B", 2]}}, "name.middle.1"),
        ({"name": {"first": "A", "nick": "B"}}, "name"),
        ({"current_name": "123"}, "current_name"),
        ({"birth_date": "1962-02-30"}, "birth_date"),
        ({"birth_date": "03.07.1962"}, "birth_date"),
        ({"birth_date": "19620703"}, "birth_date"),
        ({"birth_date": "1962-07-03T00:00:00Z"}, "birth_date"),
        ({"birth_date": 1962}, "birth_date"),
        ({"birth_date": "0000-01-01"}, "birth_date"),
        ({"birth_date": "9999-12-31"}, "birth_date"),
        ({"on": "yesterday"}, "on"),
        ({"time_zone": "Mars/Olympus"}, "time_zone"),
        ({"time_zone": "UTC", "on": "2026-01-01"}, "time_zone"),
        ({"preset": "astrology"}, "preset"),
        ({"preset": 1}, "preset"),
        ({"options": []}, "options"),
        ({"options": {"colour": "red"}}, "options"),
        ({"options": {"mode": "odd"}}, "options.mode"),
        ({"options": {"masters": [12]}}, "options.masters"),
        ({"options": {"masters": {}}}, "options.masters"),
        ({"options": {"challenge_count": 3.0}}, "options.challenge_count"),
        ({"gender": "x"}, "gender"),
        ({"vowel_overrides": [{"part": 0}]}, "vowel_overrides.0.index"),
        ({"vowel_overrides": [{"part": 9, "index": 0, "role": "vowel"}]}, "vowel_overrides"),
        ({"vowel_overrides": [{"part": 0, "index": 0, "role": "vowel"}] * 256}, "vowel_overrides"),
        ({"vowel_overrides": [{"part": "0", "index": 0, "role": "vowel"}]}, "vowel_overrides.0.part"),
        ({"transliteration": {"a": 1}}, "transliteration"),
        ({"explain": "yes"}, "explain"),
        ({"birthdate": "1962-07-03"}, "non_field_errors"),
    ],
)
def test_bad_input_names_the_field(api: Client, change: dict[str, Any], field: str) -> None:
    assert field in fields_at_fault(post(api, TOM | change))


def test_every_field_at_fault_is_named_at_once(api: Client) -> None:
    faults = fields_at_fault(post(api, {"birth_date": "x", "preset": "x", "options": {"mode": "x", "table": "x"}}))
    assert set(faults) == {"name", "birth_date", "preset", "options.mode", "options.table"}


def test_the_engines_own_reason_is_kept(api: Client) -> None:
    answer = post(api, TOM | {"birth_date": "9999-12-31"})
    assert answer.json()["error"]["details"]["reason"] == "FUTURE_DATE"


@pytest.mark.parametrize(
    "change",
    [
        {"name": "Lovelace" * 40},
        {"birth_date": "Lovelace"},
        {"options": {"Lovelace": 1}},
        {"options": {"mode": "Lovelace"}},
        {"transliteration": {"Lovelace": 1}},
        {"time_zone": "Lovelace"},
        {"Lovelace": 1},
    ],
)
def test_an_error_repeats_nothing_that_was_sent(api: Client, change: dict[str, Any]) -> None:
    answer = post(api, TOM | change)
    assert answer.status_code == 400
    assert "Lovelace" not in answer.content.decode()


def test_the_eleventh_request_of_a_stranger_waits(api: Client) -> None:
    answers = [post(api, TOM) for _ in range(11)]
    assert [answer.status_code for answer in answers] == [200] * 10 + [429]
    assert answers[-1]["Retry-After"]
    assert answers[0]["X-RateLimit-Limit"] == "10"


def test_only_post_is_taken(api: Client) -> None:
    answer = api.get(URL)
    assert (answer.status_code, answer["Allow"]) == (405, "POST, OPTIONS")


@pytest.mark.parametrize(
    "body",
    [
        {"name": "Ada Lovelace", "birth_date": "1815-12-10"},
        {"name": "Ada Lovelace", "birth_date": "1815-12-99"},
        {"name": "Lovelace" * 90, "birth_date": "1815-12-10"},
    ],
)
def test_no_name_and_no_date_reaches_a_log(api: Client, log_lines: io.StringIO, body: dict[str, Any]) -> None:
    post(api, body)
    assert_nothing_personal(log_lines.getvalue())


def test_not_even_when_something_breaks(api: Client, log_lines: io.StringIO, monkeypatch: pytest.MonkeyPatch) -> None:
    def break_down(**arguments: Any) -> None:
        raise ValueError(f"cannot calculate {arguments}")

    monkeypatch.setattr(calculations, "birth_chart", break_down)
    answer = post(api, {"name": "Ada Lovelace", "birth_date": "1815-12-10"})
    assert (answer.status_code, answer.json()["error"]["code"]) == (500, "INTERNAL_ERROR")
    assert "unexpected error" in log_lines.getvalue()
    assert_nothing_personal(log_lines.getvalue() + answer.content.decode().replace("success", '"event": "request"'))
