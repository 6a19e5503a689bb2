"""Texts for tests: small, made up, and whole where a whole is asked for."""

from __future__ import annotations

from contextlib import AbstractContextManager
from datetime import UTC, date, datetime
from typing import Any

from django.test import TestCase

from core.content.catalogue import INTERPRETATIONS, PASSAGES, SLOTS
from core.content.files import Content, Entry, EntryKey
from core.services.content_files import LoadReport, load_content

NOW = datetime(2026, 5, 5, 12, tzinfo=UTC)
WORDS = "The first word here is a plain one, and the next is plainer still."


def parts(essence: str = WORDS) -> dict[str, str]:
    return {
        "title": "The one who checks",
        "essence": essence,
        "strength": "You *look* twice.",
        "cost": "You look twice.",
        "try": "Look once.",
    }


def interpretation(number: int = 7, essence: str = WORDS, language: str = "en") -> Entry:
    key = EntryKey(INTERPRETATIONS, 0, "life_path", number)
    return Entry(key, language, parts(essence), f"life_path.yaml:{number}")


def whole_edition(number: int = 1, language: str = "en") -> list[Entry]:
    """Return a passage for every place of every slot, each telling where it stands."""
    return [
        Entry(
            EntryKey(PASSAGES, number, slot.name, key, place),
            language,
            {"text": f"{language} {number} {slot.name} {key}.{place} {''.join(slot.placeholders[:1])}".strip()},
            f"{slot.name}.yaml:{place}",
        )
        for slot in SLOTS.values()
        for key in slot.keys
        for place in range(slot.count)
    ]


def load(*entries: Entry, editions: dict[int, date] | None = None, now: datetime = NOW) -> LoadReport:
    with on_commit():
        return load_content(Content(entries=list(entries), editions=editions or {}), now=now)


def on_commit() -> AbstractContextManager[Any]:
    """Do at the end of the block what waits for a commit: a test's own transaction never has one."""
    return TestCase.captureOnCommitCallbacks(execute=True)


def load_edition(number: int = 1, starts_on: date = date(2026, 1, 1)) -> LoadReport:
    """Load a whole made-up edition, as tests of readings need it."""
    return load(*whole_edition(number), editions={number: starts_on})
