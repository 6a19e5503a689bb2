"""Texts for tests: small, made up, and whole where a whole is asked for."""

from __future__ import annotations

from contextlib import AbstractContextManager
from dataclasses import asdict
from datetime import UTC, date, datetime
from typing import Any

from django.db import transaction
from django.test import TestCase

from core.content.catalogue import INTERPRETATIONS, PASSAGES, SLOTS
from core.content.files import Content, Entry, EntryKey
from core.models import ContentEdition, ContentEntry, ContentSource, ContentVersion
from core.selectors.content import key_of
from core.services.content import next_release
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


def whole_edition(number: int = 1, language: str = "en", places: int = 100) -> list[Entry]:
    """Return a passage for every place of every slot, each telling where it stands; of the first `places` only."""
    return [
        Entry(
            EntryKey(PASSAGES, number, slot.name, key, place),
            language,
            {"text": f"{language} {number} {slot.name} {key}.{place} {''.join(slot.placeholders[:1])}".strip()},
            f"{slot.name}.yaml:{place}",
        )
        for slot in SLOTS.values()
        for key in slot.keys
        for place in range(min(places, slot.count))
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


def publish_short_edition(*, words: str = "", places: int = 3) -> None:
    """Serve an edition of few places, where any text will do: faster than a whole one, and no file could be so short.

    Again with other words, it is a release of corrections.
    """
    ContentEdition.objects.get_or_create(number=1, defaults={"starts_on": date(2026, 1, 1)})
    entries = whole_edition(places=places)
    with on_commit(), transaction.atomic():
        release = next_release()
        if not ContentEntry.objects.exists():
            ContentEntry.objects.bulk_create(
                ContentEntry(language=entry.language, **asdict(entry.key)) for entry in entries
            )
        rows = {key_of(row): row for row in ContentEntry.objects.all()}
        ContentVersion.objects.bulk_create(
            ContentVersion(
                entry=rows[entry.key],
                parts={"text": words + entry.parts["text"]},
                source=ContentSource.FILE,
                release=release,
                published_at=NOW,
            )
            for entry in entries
        )
