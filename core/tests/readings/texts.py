"""The texts of readings for tests, without a database: made-up editions, and the first English one as it is."""

from __future__ import annotations

from datetime import date
from functools import lru_cache

from core.content.files import read_language
from core.content.library import Library, Row
from core.tests.content.factories import whole_edition

FIRST = date(2026, 1, 1)


def made_up(editions: dict[int, date] | None = None) -> Library:
    """Return whole editions whose every text tells where it stands."""
    editions = editions or {1: FIRST}
    rows = [Row(entry.key, entry.language, 1, entry.parts) for number in editions for entry in whole_edition(number)]
    return Library(1, rows, editions)


@lru_cache(maxsize=1)
def first_english() -> Library:
    """Return the texts that members read."""
    content = read_language("en")
    rows = [Row(entry.key, entry.language, 1, entry.parts) for entry in content.entries]
    return Library(1, rows, content.editions)
