from __future__ import annotations

from itertools import combinations
from typing import Any

import pytest

from core.numerology import EngineError
from core.numerology.pairing import POSITIONS, Person, compare, compare_all

ON = "2026-11-21"
ANN = Person("1992-11-29", "Carolyn Sylvia Young")
BEN = Person("1975-05-17", "Ben Adams")
DATE_ONLY = Person("2000-02-29")


def test_two_people_stand_side_by_side_in_every_position() -> None:
    compared = compare(ANN, BEN, on=ON)
    assert [pair["position"] for pair in compared["pairs"]] == list(POSITIONS)
    for pair in compared["pairs"]:
        assert pair["labels"]
        assert pair["triads"] is not None
        assert pair["first"]["working"]
        assert pair["second"]["working"]
    assert compared["preset"] == "decoz"


def test_the_life_paths_are_added_for_the_relationship() -> None:
    compared = compare(ANN, BEN, on=ON)
    paths = [compared["pairs"][0][which]["value"] for which in ("first", "second")]
    assert compared["relationship"]["root"] == (sum(paths) - 1) % 9 + 1


def test_without_a_name_the_numbers_of_the_date_alone_are_compared() -> None:
    compared = compare(ANN, DATE_ONLY, on=ON)
    with_labels = [pair["position"] for pair in compared["pairs"] if pair["labels"]]
    assert with_labels == ["life_path", "birthday"]
    assert all(pair["second"] is None for pair in compared["pairs"] if not pair["labels"])
    named = compare(ANN, Person("2000-02-29", "Zoe Hill"), on=ON)
    assert [compared["pairs"][at]["second"] for at in (0, 4)] == [named["pairs"][at]["second"] for at in (0, 4)]


def test_the_working_may_be_left_out() -> None:
    compared = compare(ANN, DATE_ONLY, on=ON, explain=False)
    numbers = [pair[which] for pair in compared["pairs"] for which in ("first", "second") if pair[which]]
    assert not any(number.get("working") for number in [*numbers, compared["relationship"]])


def test_several_people_are_compared_two_by_two_as_each_two_alone() -> None:
    people = [ANN, BEN, DATE_ONLY]
    together = compare_all(people, on=ON)
    assert len(together["people"]) == 3
    assert [(pair["first"], pair["second"]) for pair in together["comparisons"]] == list(combinations(range(3), 2))
    for pair in together["comparisons"]:
        alone = compare(people[pair["first"]], people[pair["second"]], on=ON)
        assert pair["relationship"] == alone["relationship"]
        assert [row["labels"] for row in pair["pairs"]] == [row["labels"] for row in alone["pairs"]]


@pytest.mark.parametrize(
    ("person", "field"),
    [
        (Person("2026-13-01", "Ben"), "birth_date"),
        (Person("1990-01-01", "..."), "name"),
        (Person("soon"), "birth_date"),
    ],
)
def test_an_error_names_the_person(person: Person, field: str) -> None:
    with pytest.raises(EngineError) as caught:
        compare(ANN, person, on=ON)
    assert caught.value.field == f"second.{field}"
    with pytest.raises(EngineError) as caught:
        compare_all([ANN, BEN, person], on=ON)
    assert caught.value.field == f"people.2.{field}"


def test_somebody_born_after_the_day_is_refused() -> None:
    with pytest.raises(EngineError) as caught:
        compare(Person("2026-11-22"), BEN, on=ON)
    assert caught.value.field == "first.birth_date"


def test_options_change_what_is_compared() -> None:
    changed: Any = compare(ANN, BEN, on=ON, options={"masters": []})
    values = [pair[which]["value"] for pair in changed["pairs"] for which in ("first", "second")]
    assert max(values) <= 9
