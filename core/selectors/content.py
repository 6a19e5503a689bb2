"""Read texts: from this process's memory, at the content version that the request came with.

The version travels in Valkey beside the rate limits and comes back with them, so a request asks for it at no cost of
its own (`numerai.api.limits`, `bring_along`). It is kept 60 seconds: a publication whose news is lost in a crash is
seen after that. Each process reads the texts of a version once, in one query.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Mapping
from datetime import date, datetime
from typing import Any
from uuid import UUID

import structlog
from django.db import connection
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from redis.exceptions import RedisError

from core.content.catalogue import INTERPRETATIONS, PASSAGES, POSITIONS, SLOTS
from core.content.files import EntryKey
from core.content.library import Library, Row, Text
from core.models import ContentEntry, ContentVersion
from numerai.api import valkey

logger = structlog.get_logger("core.content")

VERSION_KEY = "numerai:content:version"
LIFETIME_MS = 60_000
# Requests in flight may still hold the one before; older ones are read again if anybody asks.
_KEPT = 3

_GET = "return redis.call('GET', KEYS[1])"
# Versions only grow, whoever brings the news last; ARGV[3] = 1 where the database has gone back to a backup.
_SET = """
local held = tonumber(redis.call('GET', KEYS[1]) or '-1')
if tonumber(ARGV[1]) > held or ARGV[3] == '1' then redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2]) end
"""
# The state and the editions stand in every row, so that one query brings all; the left join keeps them without texts.
_LOAD = """
WITH state AS (SELECT coalesce((SELECT version FROM core_contentstate), 0) AS version)
SELECT state.version, (SELECT json_object_agg(number, starts_on)::text FROM core_contentedition),
    entry.kind, entry.edition, entry.section, entry.number, entry.place, entry.language, text.release, text.parts::text
FROM state
LEFT JOIN core_contentversion AS text ON text.release <= %s
LEFT JOIN core_contententry AS entry ON entry.id = text.entry_id
"""

_libraries: dict[int, Library] = {}
_missing: set[tuple[int, str, str]] = set()
_loading = threading.Lock()


def get_library(brought: bytes | str | None = None) -> Library:
    """Return the texts of the version that a request brought along, or of the present one.

    Hold on to it for the whole request: then all of the answer is of one version.
    """
    version = int(brought) if brought else current_version()
    return _libraries.get(version) or _load(version)


def library_of(request: HttpRequest) -> Library:
    """Return the texts of the version that came with a request: the same however often it asks.

    Its view names VERSION_KEY in `bring_along`, or the version is asked for.
    """
    library: Library | None = getattr(request, "content_library", None)
    if library is None:
        library = get_library(getattr(request, "brought", {}).get(VERSION_KEY))
        request.content_library = library  # type: ignore[attr-defined]  # ours, on Django's request
    return library


def current_version() -> int:
    """Return the content version that is served now."""
    try:
        held = valkey.run(_GET, keys=[VERSION_KEY], args=[])
    except RedisError:
        return _version_in_database()
    if held:
        return int(held)
    version = _version_in_database()
    tell_version(version)
    return version


def tell_version(version: int, *, even_if_older: bool = False) -> None:
    """Tell every process which version is served."""
    try:
        valkey.run(_SET, keys=[VERSION_KEY], args=[version, LIFETIME_MS, int(even_if_older)])
    except RedisError:
        return  # The fuse has written its line; the old version ends by itself.


def forget_libraries() -> None:
    """Empty this process's memory of texts: for tests, whose databases begin anew."""
    _libraries.clear()
    _missing.clear()


def _version_in_database() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT coalesce((SELECT version FROM core_contentstate), 0)")
        return int(cursor.fetchone()[0])


def _load(version: int) -> Library:
    with _loading:
        if held := _libraries.get(version):
            return held
        with connection.cursor() as cursor:
            cursor.execute(_LOAD, [version])
            found = cursor.fetchall()
        in_database, editions = found[0][0], json.loads(found[0][1] or "{}")
        if in_database < version:
            # Not ours: Valkey outlived this database. What is here is what is served, under its own number.
            tell_version(in_database, even_if_older=True)
            version = in_database
        library = Library(
            version,
            (_row(columns[2:]) for columns in found if columns[2] is not None),
            {int(number): date.fromisoformat(starts_on) for number, starts_on in editions.items()},
        )
        _libraries[version] = library
        for old in sorted(_libraries)[:-_KEPT]:
            del _libraries[old]
        return library


def _row(columns: tuple[Any, ...]) -> Row:
    kind, edition, section, number, place, language, release, parts = columns
    return Row(EntryKey(kind, edition, section, number, place), language, release, json.loads(parts))


def get_interpretation(library: Library, position: str, number: int, language: str) -> Text | None:
    """Return an interpretation in the language or the nearest that has it; what is missing is logged once."""
    text = library.interpretation(position, number, language)
    if position in POSITIONS and (text is None or text.language != language):
        _report_missing(library, f"{position} {number}", language)
    return text


def interpretations_for(library: Library, chart: Mapping[str, Any], language: str) -> list[Text]:
    """Return the interpretations of a chart's numbers (`BirthChart.to_dict`), in the order of the positions.

    A number that no text is written for, such as a 44 under a preset that keeps it, takes its root's.
    """
    texts = []
    for position in POSITIONS.values():
        number: Any = chart
        for step in position.path:
            number = number and number.get(step)
        if number:
            kept = number["value"] if number["value"] in position.numbers else number["root"]
            texts.append(get_interpretation(library, position.name, kept, language))
    return [text for text in texts if text is not None]


def _report_missing(library: Library, what: str, language: str) -> None:
    """Log a text that a language lacks: once a process and version, and never for what no position has."""
    known = language if language in library.languages else "another"
    if (library.version, what, known) not in _missing:
        _missing.add((library.version, what, known))
        logger.info("content missing", text=what, language=known, content_version=library.version)


def list_positions(library: Library) -> list[dict[str, Any]]:
    """Return the positions that have interpretations, with their numbers and the languages that have all of them."""
    rows = []
    for position in POSITIONS.values():
        keys = [key for key in library.keys(INTERPRETATIONS) if key.section == position.name]
        whole = [language for language in library.languages if all(library.has(key, language) for key in keys)]
        rows.append(
            {
                "position": position.name,
                "label": position.label,
                "numbers": [key.number for key in keys],
                "languages": whole if keys else [],
            }
        )
    return rows


def draft_library(draft: ContentVersion) -> Library:
    """Return the present texts with one draft among them: what the chart or reading would be if it were published."""
    entry = draft.entry
    return get_library().replacing(key_of(entry), entry.language, draft.parts)


def key_of(entry: ContentEntry) -> EntryKey:
    """Return what an entry is for."""
    return EntryKey(entry.kind, entry.edition, entry.section, entry.number, entry.place)


def get_history(entry: ContentEntry) -> QuerySet[ContentVersion]:
    """Return the published versions of an entry, the newest first, with who made and published them."""
    return (
        ContentVersion.objects.filter(entry=entry, release__isnull=False)
        .select_related("edited_by", "published_by")
        .order_by("-release")
    )


def export_edits(user_id: UUID) -> list[dict[str, Any]]:
    """Return which texts a member of staff has edited or published, and when; the texts are not theirs."""
    versions = ContentVersion.objects.filter(Q(edited_by_id=user_id) | Q(published_by_id=user_id))
    return [
        {
            "text": str(version.entry),
            "edited_at": version.edited_at.isoformat() if version.edited_by_id == user_id else None,
            "published_at": _moment(version.published_at) if version.published_by_id == user_id else None,
        }
        for version in versions.select_related("entry").order_by("pk")
    ]


def _moment(value: datetime | None) -> str | None:
    return value.isoformat() if value else None


def coverage(library: Library, language: str, kind: str) -> list[tuple[str, int, int]]:
    """Return for each position or slot its name, how many texts the language has, and how many there should be."""
    if kind == INTERPRETATIONS:
        wanted = {
            position.name: [EntryKey(kind, 0, position.name, number) for number in position.numbers]
            for position in POSITIONS.values()
        }
    else:
        wanted = {
            f"edition {edition} {slot.name}": [
                EntryKey(PASSAGES, edition, slot.name, key, place) for key in slot.keys for place in range(slot.count)
            ]
            for edition in sorted(library.editions) or [1]
            for slot in SLOTS.values()
        }
    return [(name, sum(library.has(key, language) for key in keys), len(keys)) for name, keys in wanted.items()]
