"""The swap test's sheet and its score."""

from __future__ import annotations

import io
import re
from collections import Counter

import pytest

from core.content.swap_test import main, make_sheet, read_answers, score


def test_a_sheet_has_ten_messages_of_each_number_and_hides_it():
    sheet = make_sheet(7)
    assert Counter(question.number for question in sheet) == dict.fromkeys(range(1, 10), 10)
    assert len({question.text for question in sheet}) == 90
    assert {len(set(question.choices)) for question in sheet} == {3}
    assert [question for question in sheet if question.number not in question.choices] == []
    assert [question for question in sheet if re.search(r"\b[1-9] day\b", question.text)] == []


def test_a_seed_makes_the_same_sheet_again_and_another_seed_another():
    assert make_sheet(7) == make_sheet(7)
    assert make_sheet(7) != make_sheet(8)


def test_scores_count_right_wrong_and_missing_answers():
    sheet = make_sheet(7)
    answers = {index: question.number for index, question in enumerate(sheet, 1)}
    assert score(sheet, answers) == (90, Counter())
    wrong = next(choice for choice in sheet[0].choices if choice != sheet[0].number)
    del answers[2]
    right, mistakes = score(sheet, answers | {1: wrong})
    assert right == 88
    assert mistakes == Counter([(sheet[0].number, wrong), (sheet[1].number, 0)])


def test_an_answer_that_is_none_is_named():
    assert read_answers(["1 4", "", "2: 7"]) == {1: 4, 2: 7}
    with pytest.raises(ValueError, match="'three' is not"):
        read_answers(["three"])


@pytest.mark.parametrize(("right", "code"), [(90, 0), (72, 0), (71, 1)])
def test_the_command_ends_well_at_the_aim(monkeypatch, capsys, right, code):
    sheet = make_sheet(7)
    lines = [f"{index} {question.number}" for index, question in enumerate(sheet[:right], 1)]
    monkeypatch.setattr("sys.stdin", io.StringIO("\n".join(lines)))
    assert main(["score", "--seed", "7"]) == code
    assert f"{right} of 90 right" in capsys.readouterr().out
