"""Bring the database to what the text files say, leaving alone what staff have edited. Safe to run again."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime

from django.db import transaction

from core.content.catalogue import DEFAULT_LANGUAGE, PASSAGES, SLOTS
from core.content.files import TEXT, Content, Entry, EntryKey
from core.models import ContentEdition, ContentEntry, ContentSource, ContentVersion
from core.selectors.content import key_of
from core.services.content import hold_releases, next_release

_Address = tuple[EntryKey, str]


class EditionIsFrozen(Exception):
    """The files say something else of an edition than what members are reading."""


@dataclass(slots=True)
class LoadReport:
    """What a load did: entries added, changed, and kept because staff have edited them; editions left out, and why."""

    added: list[str] = field(default_factory=list)
    changed: list[str] = field(default_factory=list)
    kept: list[str] = field(default_factory=list)
    # In the database, and in no file any more: still served.
    without_file: list[str] = field(default_factory=list)
    incomplete_editions: dict[int, str] = field(default_factory=dict)
    unchanged: int = 0
    version: int = 0


@transaction.atomic
def load_content(content: Content, *, now: datetime) -> LoadReport:
    """Publish what the files add and change, all as one release; do nothing if they say what is served.

    An edition whose texts in the default language are not whole is left out: an edition is frozen once it is loaded.
    Raises EditionIsFrozen for a passage that moved, or an edition that begins on another day than it did.
    """
    # 1. Wait for anybody who publishes or loads, so that what is read next is what is served.
    hold_releases()
    report = LoadReport()
    report.incomplete_editions = _incomplete_editions(content)
    entries = [entry for entry in content.entries if entry.key.edition not in report.incomplete_editions]
    editions = {number: day for number, day in content.editions.items() if number not in report.incomplete_editions}
    # 2. Compare.
    held = {(key_of(entry), entry.language): entry for entry in ContentEntry.objects.all()}
    served = _served()
    new_editions = _check_editions(editions, now.date())
    _refuse_moves(entries, served)
    add, change, adopt = [], [], []
    for entry in entries:
        row = held.get((entry.key, entry.language))
        if row is None:
            add.append(entry)
            report.added.append(_name(entry.key, entry.language))
            continue
        current = served.get((entry.key, entry.language))
        if current == entry.parts:
            report.unchanged += 1
        elif current is None or current == row.loaded_parts:
            change.append((row, entry))
            report.changed.append(_name(entry.key, entry.language))
        else:
            report.kept.append(_name(entry.key, entry.language))
        if row.loaded_parts != entry.parts:
            row.loaded_parts = entry.parts
            adopt.append(row)
    in_files = {(entry.key, entry.language) for entry in entries}
    report.without_file = [_name(*address) for address in sorted(set(held) - in_files)]
    # 3. Write.
    _write(add, change, adopt, new_editions, report, now)
    return report


def _write(
    add: list[Entry],
    change: list[tuple[ContentEntry, Entry]],
    adopt: list[ContentEntry],
    new_editions: dict[int, date],
    report: LoadReport,
    now: datetime,
) -> None:
    ContentEntry.objects.bulk_update(adopt, ["loaded_parts"], batch_size=500)
    for number, starts_on in new_editions.items():
        ContentEdition.objects.update_or_create(number=number, defaults={"starts_on": starts_on})
    if not (add or change or new_editions):
        return
    report.version = next_release()
    made = ContentEntry.objects.bulk_create(
        [
            ContentEntry(
                kind=entry.key.kind,
                edition=entry.key.edition,
                section=entry.key.section,
                number=entry.key.number,
                place=entry.key.place,
                language=entry.language,
                loaded_parts=entry.parts,
            )
            for entry in add
        ],
        batch_size=1000,
    )
    rows = [*zip(made, add, strict=True), *change]
    ContentVersion.objects.bulk_create(
        [
            ContentVersion(
                entry_id=row.pk,
                parts=entry.parts,
                source=ContentSource.FILE,
                edited_at=now,
                published_at=now,
                release=report.version,
            )
            for row, entry in rows
        ],
        batch_size=1000,
    )


def _served() -> dict[_Address, dict[str, str]]:
    """Return the words that are served for each entry."""
    latest = (
        ContentVersion.objects.filter(release__isnull=False)
        .order_by("entry_id", "-release")
        .distinct("entry_id")
        .select_related("entry")
    )
    return {(key_of(version.entry), version.entry.language): version.parts for version in latest}


def _incomplete_editions(content: Content) -> dict[int, str]:
    """Return the editions whose default language lacks texts, with how many it has."""
    wanted = sum(slot.count * len(slot.keys) for slot in SLOTS.values())
    held = Counter(
        entry.key.edition
        for entry in content.entries
        if entry.key.kind == PASSAGES and entry.language == DEFAULT_LANGUAGE
    )
    numbers = {entry.key.edition for entry in content.entries if entry.key.kind == PASSAGES}
    return {
        number: f"{held[number]} of {wanted} texts" + ("" if number in content.editions else ", and no first day")
        for number in sorted(numbers)
        if held[number] != wanted or number not in content.editions
    }


def _check_editions(editions: dict[int, date], today: date) -> dict[int, date]:
    """Return the editions that are new or begin on another day. Raises EditionIsFrozen for one that has begun."""
    held = dict(ContentEdition.objects.values_list("number", "starts_on"))
    changed = {number: day for number, day in editions.items() if held.get(number) != day}
    for number in changed:
        if number in held and held[number] <= today:
            raise EditionIsFrozen(f"Edition {number} began on {held[number]}; its first day cannot change.")
    return changed


def _refuse_moves(entries: Iterable[Entry], served: dict[_Address, dict[str, str]]) -> None:
    """Raise EditionIsFrozen where a file has a passage at another place than the one it is served at."""
    places: dict[tuple[str, int, str, int, str], EntryKey] = {}
    for (key, language), parts in served.items():
        if key.kind == PASSAGES:
            places[language, key.edition, key.section, key.number, parts[TEXT]] = key
    for entry in entries:
        key = entry.key
        if key.kind != PASSAGES:
            continue
        now_at = places.get((entry.language, key.edition, key.section, key.number, entry.parts[TEXT]))
        if now_at is not None and now_at != key:
            raise EditionIsFrozen(
                f"{entry.where}: text {now_at.place + 1} of {key.section} {key.number} has moved to place "
                f"{key.place + 1}. Passages of an edition stay where they are; correct them in place."
            )


def _name(key: EntryKey, language: str) -> str:
    if key.kind == PASSAGES:
        return f"{language} edition {key.edition} {key.section} {key.number} text {key.place + 1}"
    return f"{language} {key.section} {key.number}"
