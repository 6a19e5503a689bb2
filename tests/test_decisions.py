"""Decisions are named by their numbers, in the code too: each number is one decision."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

import pytest

PAGES = sorted((Path(__file__).resolve().parents[1] / "docs" / "decisions").glob("*.md"))


def test_each_number_is_given_once() -> None:
    assert [number for number, times in Counter(page.name[:4] for page in PAGES).items() if times > 1] == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_a_page_is_headed_by_its_number(page: Path) -> None:
    assert re.fullmatch(r"\d{4}-[a-z0-9-]+\.md", page.name)
    assert page.read_text().startswith(f"# {page.name[:4]} ")
