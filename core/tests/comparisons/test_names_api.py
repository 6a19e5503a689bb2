"""POST /api/v1/numerology/name-comparison: what another name changes, and what it does not."""

from __future__ import annotations

import io

import pytest

from core.numerology import birth_chart, name_analysis, number_analysis
from core.tests.calling import assert_nothing_personal

pytestmark = pytest.mark.django_db
URL = "numerology/name-comparison"
BIRTH, MARRIED = "Augusta Ada Byron", "Ada Lovelace"


def compare(client, **body):
    answer = client.send("post", URL, body)
    assert answer.status_code == 200, answer.content
    return answer.json()["data"]


def one(kind, name):
    return {"kind": kind, "name": name}


def test_a_married_name_has_the_numbers_that_a_chart_gives_it(stranger):
    data = compare(stranger, birth_name=BIRTH, candidates=[one("married", MARRIED)])
    chart = birth_chart(BIRTH, "1815-12-10", current_name=MARRIED).to_dict()
    (married,) = data["candidates"]
    assert {name: number and number["value"] for name, number in married["numbers"].items()} == {
        **{name: number["value"] for name, number in chart["minor"].items()},
        "chaldean_root": chart["schools"]["chaldean"]["root"]["value"],
        "vedic_name": chart["schools"]["vedic"]["name"]["value"],
    }
    assert married["chaldean_compound"] == chart["schools"]["chaldean"]["compound"]
    assert data["birth"]["numbers"]["expression"] == chart["core"]["expression"]
    assert set(data["stays"]) >= {"life_path", "expression", "soul_urge", "personality"}


def test_what_changes_is_told_against_the_name_in_use_now(stranger):
    birth_only = compare(stranger, birth_name=BIRTH, candidates=[one("married", MARRIED)])["candidates"][0]
    old, new = (name_analysis(name) for name in (BIRTH, MARRIED))
    changes = {change["number"]: (change["before"], change["after"]) for change in birth_only["changes"]}
    assert birth_only["compared_with"] == "birth"
    assert changes["minor_expression"] == (old["core"]["expression"]["value"], new["core"]["expression"]["value"])
    assert not set(changes) & set(birth_only["unchanged"])
    assert len(changes) + len(birth_only["unchanged"]) == 6
    named = compare(stranger, birth_name=BIRTH, current_name="Ada Byron", candidates=[one("stage", "Ada Byron")])
    same = named["candidates"][0]
    assert (same["compared_with"], same["changes"], len(same["unchanged"])) == ("current", [], 6)
    assert named["current"]["compared_with"] == "birth"


def test_a_baby_is_counted_by_its_birth_name_and_a_business_as_a_business(stranger):
    data = compare(stranger, candidates=[one("baby", BIRTH), one("business", "Blue Door Books")])
    baby, business = data["candidates"]
    assert baby["numbers"]["soul_urge"] == name_analysis(BIRTH)["core"]["soul_urge"]
    assert baby["karmic_lessons"] == name_analysis(BIRTH)["letters"]["karmic_lessons"]
    assert business["numbers"] == {"business": number_analysis("business", "Blue Door Books")["number"]}
    assert (data["birth"], baby["changes"], business["changes"]) == (None, None, None)


def test_twenty_names_are_compared_by_another_school_without_working(stranger):
    names = [one("stage", f"Ada {letter}") for letter in "BCDFGHJKLMNPQRSTVWXZ"]
    data = compare(stranger, birth_name=BIRTH, candidates=names, preset="cheiro", explain=False)
    assert [name["parts"] for name in data["candidates"]] == [["ADA", letter] for letter in "BCDFGHJKLMNPQRSTVWXZ"]
    assert "working" not in data["birth"]["numbers"]["expression"]
    assert (
        data["birth"]["numbers"]["expression"]["value"]
        == (name_analysis(BIRTH, preset="cheiro")["core"]["expression"]["value"])
    )


def test_a_name_without_such_letters_has_no_such_number(stranger):
    data = compare(stranger, birth_name=BIRTH, candidates=[one("stage", "Bcd")], options={"vowel_rule": "aeiou"})
    changes = {change["number"]: change["after"] for change in data["candidates"][0]["changes"]}
    assert changes["minor_soul_urge"] is None


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"candidates": []}, "candidates"),
        ({}, "candidates"),
        ({"candidates": [one("baby", "Ann")] * 21}, "candidates"),
        ({"candidates": [one("pet", "Rex")]}, "candidates.0.kind"),
        ({"candidates": [one("baby", "Ann"), one("baby", "123")]}, "candidates.1.name"),
        ({"candidates": [one("business", "!!!")]}, "candidates.0.name"),
        ({"candidates": [one("married", "Ann")]}, "birth_name"),
        ({"candidates": [one("baby", "Ann")], "current_name": "Ann"}, "birth_name"),
        ({"candidates": [one("baby", "Ann")], "birth_name": "123"}, "birth_name"),
        ({"candidates": [one("baby", "x" * 201)]}, "candidates.0.name"),
        ({"candidates": [one("baby", "Ann")], "options": {"table": "runes"}}, "options.table"),
        ({"candidates": [one("baby", "Ann")], "names": 1}, "non_field_errors"),
    ],
)
def test_bad_input_names_the_field(stranger, body, field):
    answer = stranger.send("post", URL, body)
    assert (answer.status_code, list(answer.json()["error"]["details"]["fields"])) == (400, [field])


def test_nothing_of_a_name_reaches_a_log(stranger, log_lines: io.StringIO):
    compare(stranger, birth_name=BIRTH, candidates=[one("married", MARRIED)])
    assert_nothing_personal(log_lines.getvalue())
