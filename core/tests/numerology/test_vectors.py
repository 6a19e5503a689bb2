"""Every published worked example, each with its source in vectors.json."""

from pathlib import Path

import pytest

from core.numerology.verify import Row, load_vectors, verify_row

VECTORS = load_vectors(Path(__file__).with_name("vectors.json"))


@pytest.mark.parametrize("row", VECTORS, ids=lambda row: f"{row.id}-{row.quantity}")
def test_published_example(row: Row) -> None:
    result = verify_row(row)
    assert (result.outcome, result.detail) == ("passed", "")
