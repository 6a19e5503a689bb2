"""GET /api/v1/numerology/systems: what the calculations take, for machines."""

from functools import reduce
from typing import Any

import pytest
from django.test import Client

from core.numerology import PRESETS, birth_chart, option_values, systems
from core.numerology.compatibility import compatibility_pair
from core.numerology.letters import TABLES, letter_table
from core.numerology.systems import ALIASES

pytestmark = pytest.mark.usefixtures("fresh_limits")
URL = "/api/v1/numerology/systems"


@pytest.fixture
def data(api: Client) -> dict[str, Any]:
    listed: dict[str, Any] = api.get(URL).json()["data"]
    return listed


def test_presets_come_with_their_options_and_source(data: dict[str, Any]) -> None:
    assert [row["preset"] for row in data["presets"]] == list(PRESETS)
    assert all(row["source"] for row in data["presets"])
    (brazilian,) = [row["options"] for row in data["presets"] if row["preset"] == "brazilian"]
    assert (brazilian["table"], brazilian["masters"]) == ("cabalistic", [11, 22])


def test_options_come_with_what_they_take(data: dict[str, Any]) -> None:
    assert [row["option"] for row in data["options"]] == list(option_values())
    (mode,) = [row for row in data["options"] if row["option"] == "mode"]
    assert mode == {"option": "mode", "type": "choice", "default": "per_part", "accepts": ["per_part", "total"]}


def test_letter_tables_come_with_their_letters_and_source(data: dict[str, Any]) -> None:
    assert [row["table"] for row in data["tables"]] == list(TABLES)
    assert all(row["source"] and row["letters"] for row in data["tables"])
    tables = {row["table"]: row for row in data["tables"]}
    assert (tables["pythagorean"]["letters"]["Z"], len(tables["pythagorean"]["letters"])) == (8, 26)
    assert tables["russian33"]["letters"]["Ё"] == 7
    assert tables["hebrew"]["with_options"] == [
        {"option": "finals", "choice": "gadol", "letters": {"ך": 500, "ם": 600, "ן": 700, "ף": 800, "ץ": 900}}
    ]
    assert tables["cabalistic"]["letters"]["Ç"] == 8
    assert tables["cabalistic"]["marks"]["acute accent"] == 2


def test_the_list_does_not_depend_on_what_was_calculated_before() -> None:
    before = systems()
    birth_chart("Ávila Ñandú", "1990-01-01", preset="brazilian")
    assert systems() == before


@pytest.mark.parametrize("table", list(TABLES))
def test_the_letters_listed_are_those_that_count(data: dict[str, Any], table: str) -> None:
    (row,) = [row for row in data["tables"] if row["table"] == table]
    values = letter_table(table).values
    assert row["letters"] == {letter: values[letter] for letter in row["letters"]}


def test_schools_of_compatibility_print_the_rows_that_pairs_are_judged_by(data: dict[str, Any]) -> None:
    schools = {row["school"]: row for row in data["compatibility"]["schools"]}
    assert schools["futuresamachar"]["rows"]["9"] is None
    assert schools["mahajyotish"]["rows"]["9"] == {"friend": [1, 3, 9], "difficult": [4, 8]}
    assert schools["mahajyotish"]["otherwise"] == compatibility_pair(9, 2, "mahajyotish")


def test_destiny_is_named_with_a_warning(data: dict[str, Any]) -> None:
    (destiny,) = [row for row in data["aliases"] if row["alias"] == "destiny"]
    assert destiny["path"] == "core.expression"
    assert "schools.vedic.destiny" in destiny["warning"]


@pytest.mark.parametrize(("alias", "path"), [row[:2] for row in ALIASES])
def test_every_other_name_leads_to_a_number_of_a_chart(alias: str, path: str) -> None:
    chart = birth_chart("Ann", "1990-01-01").to_dict()
    assert reduce(lambda part, key: part[key], path.split("."), chart) is not None


def test_any_cache_may_keep_it(api: Client) -> None:
    answer = api.get(URL)
    assert (answer.status_code, answer["Cache-Control"]) == (200, "public, max-age=3600")
    assert answer["ETag"] == api.get(URL)["ETag"]


def test_who_has_it_is_told_so_without_a_body(api: Client) -> None:
    etag = api.get(URL)["ETag"]
    answer = api.get(URL, headers={"If-None-Match": f'"other", {etag}'})
    assert (answer.status_code, answer.content, answer["ETag"]) == (304, b"", etag)
    assert answer["Cache-Control"] == "public, max-age=3600"
    assert answer["X-RateLimit-Limit"] == "10"


@pytest.mark.parametrize("known", ['"other"', 'W/"other"', "", "nonsense"])
def test_who_has_another_gets_this_one(api: Client, known: str) -> None:
    assert api.get(URL, headers={"If-None-Match": known}).status_code == 200


def test_the_eleventh_request_of_a_stranger_waits_and_is_kept_nowhere(api: Client) -> None:
    answers = [api.get(URL) for _ in range(11)]
    assert [answer.status_code for answer in answers] == [200] * 10 + [429]
    assert answers[-1]["Cache-Control"] == "no-store"
