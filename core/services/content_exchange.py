"""Texts as tables, for writers and translators: every text out, and drafts in after a look at what they change."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet

from core.content.catalogue import DEFAULT_LANGUAGE, PARTS
from core.content.files import SHORT, TEXT, Entry, EntryKey
from core.content.rules import problems_of
from core.exceptions import ContentRejected
from core.models import ContentEntry, ContentVersion
from core.selectors.content import key_of
from core.services.content import check_parts, save_draft

KEY_COLUMNS = ("kind", "edition", "section", "number", "place", "language")
PART_COLUMNS = (*PARTS, TEXT, SHORT)
COLUMNS = (*KEY_COLUMNS, *PART_COLUMNS)
MOST_ROWS = 5_000


class Outcome(StrEnum):
    """What a row of an import does."""

    SAME = "same"
    DRAFT = "draft"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Change:
    """One row of an import: which text, its served words and the new ones, and what an editor should know of them."""

    row: int
    name: str
    outcome: Outcome
    before: Mapping[str, str] = field(default_factory=dict)
    after: Mapping[str, str] = field(default_factory=dict)
    problems: tuple[str, ...] = ()
    entry: ContentEntry | None = None
    revision: int = 0


def served_versions() -> QuerySet[ContentVersion]:
    """Return the version that is served of each text."""
    published = ContentVersion.objects.filter(release__isnull=False).select_related("entry")
    return published.order_by("entry_id", "-release").distinct("entry_id")


def export_rows() -> Iterator[dict[str, str | int]]:
    """Yield the served words of every text, a row each, without holding more than a few at a time."""
    for version in served_versions().iterator(chunk_size=500):
        entry = version.entry
        row: dict[str, str | int] = {name: getattr(entry, name) for name in KEY_COLUMNS}
        yield row | {name: version.parts.get(name, "") for name in PART_COLUMNS}


def plan_import(rows: Iterable[Mapping[str, object]]) -> list[Change]:
    """Return what a table would change, row by row; nothing is written.

    A text may be new in its language only: what there are texts for is said by the default language.
    """
    entries = {(key_of(entry), entry.language): entry for entry in ContentEntry.objects.all()}
    served = {version.entry_id: version.parts for version in served_versions()}
    drafts = {draft.entry_id: draft for draft in ContentVersion.objects.filter(release=None)}
    seen: set[tuple[EntryKey, str]] = set()
    changes = []
    for number, row in enumerate(rows, start=2):  # as a spreadsheet counts, below the headings
        if number > MOST_ROWS + 1:
            changes.append(Change(number, "", Outcome.REFUSED, problems=(f"{MOST_ROWS} rows at most.",)))
            break
        address = _address(row)
        if address is None or (address[0], DEFAULT_LANGUAGE) not in entries:
            changes.append(Change(number, "", Outcome.REFUSED, problems=("There is no such text.",)))
            continue
        key, language = address
        entry = entries.get(address) or _new_entry(key, language)
        if address in seen:
            changes.append(Change(number, str(entry), Outcome.REFUSED, problems=("Is in the table twice.",)))
            continue
        seen.add(address)
        words = {name: str(row.get(name) or "").strip() for name in PART_COLUMNS}
        changes.append(_change(number, entry, words, served.get(entry.pk, {}), drafts.get(entry.pk)))
    return changes


def apply_import(changes: Iterable[Change], *, user_id: UUID, now: datetime) -> int:
    """Keep the planned drafts, all or none; return how many. Raises DraftChanged if somebody saved in the meantime."""
    drafts = [change for change in changes if change.outcome == Outcome.DRAFT]
    with transaction.atomic():
        for change in drafts:
            assert change.entry is not None  # noqa: S101 - a draft has one
            entry = change.entry
            if entry._state.adding:
                entry.save()
            save_draft(
                entry_id=entry.pk,
                parts=change.after,
                user_id=user_id,
                now=now,
                revision=change.revision,
                note="Imported.",
            )
    return len(drafts)


def _address(row: Mapping[str, object]) -> tuple[EntryKey, str] | None:
    try:
        numbers = {name: int(str(row.get(name) or 0)) for name in ("edition", "number", "place")}
    except ValueError:
        return None
    kind, section, language = (str(row.get(name) or "").strip() for name in ("kind", "section", "language"))
    if not language or len(language) > 35 or not language.replace("-", "").isalnum():
        return None
    return EntryKey(kind=kind, section=section, **numbers), language


def _new_entry(key: EntryKey, language: str) -> ContentEntry:
    return ContentEntry(
        kind=key.kind,
        edition=key.edition,
        section=key.section,
        number=key.number,
        place=key.place,
        language=language,
    )


def _change(
    number: int, entry: ContentEntry, words: Mapping[str, str], served: Mapping[str, str], draft: ContentVersion | None
) -> Change:
    name = str(entry)
    filled = {part: text for part, text in words.items() if text}
    if filled == dict(served):
        return Change(number, name, Outcome.SAME)
    if draft is not None and draft.parts == filled:
        return Change(number, name, Outcome.SAME)
    try:
        parts = check_parts(entry, filled)
    except ContentRejected as refusal:
        return Change(number, name, Outcome.REFUSED, served, filled, tuple(refusal.problems))
    problems = list(problems_of(Entry(key_of(entry), entry.language, parts, name)))
    if draft is not None:
        problems.append("replaces a draft that is not published yet.")
    return Change(
        number,
        name,
        Outcome.DRAFT,
        served,
        parts,
        tuple(problems),
        entry,
        draft.revision if draft else 0,
    )
