"""The score of two people: what is printed is what counts, and it is the same from either side."""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from core.comparisons import score as scoring
from core.comparisons.score import LABEL_POINTS, WEIGHTS, score
from core.numerology import Person, compare
from core.numerology.compatibility import SCHOOLS, UNLISTED
from core.numerology.pairing import POSITIONS

PAGE = Path(scoring.__file__).parents[2] / "docs" / "compatibility.md"
people = st.builds(
    Person,
    birth_date=st.dates(date(1800, 1, 1), date(2020, 1, 1)),
    name=st.sampled_from(["Ada Lovelace", "Bcd", "Ann Bell", None]),
)


def printed():
    rows = re.findall(r"^\| `.*$", PAGE.read_text(encoding="utf-8"), re.M)
    return [[cell.strip(" `") for cell in row.strip("|").split("|")] for row in rows]


def test_the_printed_points_and_weights_are_those_that_count():
    assert {row[0]: int(row[1]) for row in printed() if len(row) == 2} == LABEL_POINTS
    weights = {row[0]: dict(zip(POSITIONS, map(int, row[1:]), strict=True)) for row in printed() if len(row) == 6}
    assert weights == WEIGHTS


def test_every_word_of_every_school_counts_and_weights_add_up_to_a_hundred():
    assert {word for words in SCHOOLS.values() for word in words} | {UNLISTED} == set(LABEL_POINTS)
    assert {sum(weights.values()) for weights in WEIGHTS.values()} == {100}


@given(first=people, second=people, relation=st.sampled_from(list(WEIGHTS)))
def test_a_score_is_the_same_from_either_side_and_follows_from_its_factors(first, second, relation):
    ours, theirs = (
        score(compare(*pair, on="2026-01-01")["pairs"], relation) for pair in ((first, second), (second, first))
    )
    assert ours == theirs
    assert 25 <= ours["value"] <= 100
    weights = sum(factor["weight"] for factor in ours["factors"])
    exact = sum(factor["weight"] * factor["harmony"] for factor in ours["factors"]) / weights
    assert abs(ours["value"] - exact) <= 0.5


def test_a_score_by_hand():
    # Life Paths 1 and 2, birthdays 1 and 8: 1 and 2 are challenging 25, friends both ways 100, neutral 50;
    # 1 and 8 are neutral 50, 1 to 8 difficult and 8 to 1 difficult 25, and by the third 1 to 8 and 8 to 1 friends 100.
    pairs = compare(Person("1815-12-10"), Person("1791-12-26"), on="2026-01-01")["pairs"]
    told = score(pairs, "work")
    assert [(one["position"], one["weight"], one["harmony"]) for one in told["factors"]] == [
        ("life_path", 20, 58),
        ("birthday", 10, 58),
    ]
    assert told["value"] == 58


def test_without_a_relation_there_is_no_score():
    assert score(compare(Person("1815-12-10"), Person("1791-12-26"), on="2026-01-01")["pairs"], None) is None
