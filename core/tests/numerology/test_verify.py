import json
from pathlib import Path
from typing import Any

import pytest

from core.numerology.verify import Result, Row, VectorFileError, load_vectors, report_lines, verify_row, verify_rows


def check(quantity: str, given: dict[str, Any], method: dict[str, Any] | None = None, expected: Any = None) -> Result:
    return verify_row(Row("x", quantity, given, method or {}, expected))


def written(path: Path, content: Any) -> Path:
    path.write_text(content if isinstance(content, str) else json.dumps(content), encoding="utf-8")
    return path


def test_counts_each_outcome_per_quantity_and_in_all() -> None:
    rows = [
        Row("a", "reduce", {"number": 29}, {}, 11),
        Row("b", "reduce", {"number": 29}, {}, 2),
        Row("c", "aura_colour", {}, {}, "red"),
    ]
    lines = report_lines(verify_rows(rows))
    assert lines == [
        "aura_colour  passed 0  failed 0  unsupported 1",
        "reduce       passed 1  failed 1  unsupported 0",
        "failed: b reduce: expected 2, computed 11",
        "unsupported: c aura_colour: no such quantity",
        "3 rows: 1 passed, 1 failed, 1 unsupported",
    ]


def test_an_option_that_does_not_apply_fails_by_name() -> None:
    result = check("reduce", {"number": 29}, {"moon": "full"}, 11)
    assert (result.outcome, result.detail) == ("failed", "option that does not apply: moon")


def test_an_unknown_option_value_fails_with_what_is_accepted() -> None:
    result = check("expression", {"name": "John"}, {"mode": "sideways"}, 2)
    assert result.detail == "INVALID_OPTION_VALUE: mode takes one of: per_part, total."


def test_a_missing_input_fails_by_name() -> None:
    assert check("expression", {}, {}, 2).detail == "INVALID_INPUT: The input has no name."


def test_true_is_not_one() -> None:
    assert check("duality_year", {"personal_year": 4, "essence": 13}, {}, 1).outcome == "failed"


def test_a_disputed_row_is_held_to_its_recomputed_value(tmp_path: Path) -> None:
    row = {"quantity": "reduce", "input": {"number": 29}, "expected": 2, "disputed": True, "recomputed": 11}
    assert [result.outcome for result in verify_rows(load_vectors(written(tmp_path / "v.json", [row])))] == ["passed"]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("{", "The file is not JSON: "),
        ({}, "The file is not a JSON list of rows."),
        ([1], "Row 1 is not a JSON object."),
        ([{"id": "v1"}], "Row 1 (v1) has no quantity."),
        ([{"quantity": "reduce", "input": 3}], "Row 1: input is not a JSON object."),
        ([{"quantity": "reduce", "method": []}], "Row 1: method is not a JSON object."),
        ([{"quantity": "reduce"}], "Row 1 has no expected value."),
        ([{"quantity": "reduce", "expected": 1, "disputed": True}], "Row 1 has no recomputed value."),
    ],
)
def test_a_bad_file_is_refused_in_one_sentence(tmp_path: Path, content: Any, message: str) -> None:
    with pytest.raises(VectorFileError) as error:
        load_vectors(written(tmp_path / "v.json", content))
    assert str(error.value).startswith(message)


def test_a_missing_file_is_refused_in_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(VectorFileError, match="cannot be read: No such file"):
        load_vectors(tmp_path / "none.json")


def test_an_empty_file_reports_no_rows() -> None:
    assert report_lines([]) == ["0 rows: 0 passed, 0 failed, 0 unsupported"]
