"""Everything that changes texts: drafts, publishing now and later, rolling back, and what the files say.

Releases follow each other: whoever publishes takes the next content version from the one row that counts them and holds
it until the commit, so that a version is never served before all of it, and everything before it, is there.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from uuid import UUID

from django.db import IntegrityError, connection, transaction
from django.db.models import F

from core.content.catalogue import INTERPRETATIONS, PARTS
from core.content.files import SHORT, TEXT, Entry
from core.content.rules import breaks_of, problems_of
from core.exceptions import ContentRejected, DraftChanged, NothingToRollBack
from core.models import ContentEntry, ContentSource, ContentVersion
from core.selectors.content import key_of, tell_version
from numerai.api.exceptions import NotFound

LONGEST_PART = 4000


def save_draft(
    *, entry_id: UUID, parts: Mapping[str, str], user_id: UUID, now: datetime, revision: int = 0, note: str = ""
) -> ContentVersion:
    """Keep the next words of an entry as its draft; `revision` is the draft that the editor saw, 0 for none.

    Raises ContentRejected for what can never be shown, DraftChanged if somebody else has saved in the meantime.
    """
    entry = _entry(entry_id)
    words = check_parts(entry, parts)
    changes = {"parts": words, "note": note, "edited_by_id": user_id, "edited_at": now}
    drafts = ContentVersion.objects.filter(entry=entry, release=None)
    if revision:
        # One statement: of two editors who saw the same draft, one is told.
        if not drafts.filter(revision=revision).update(revision=F("revision") + 1, publish_at=None, **changes):
            raise DraftChanged
        return drafts.select_related("entry").get()
    try:
        with transaction.atomic():
            return ContentVersion.objects.create(entry=entry, source=ContentSource.STAFF, **changes)
    except IntegrityError:
        raise DraftChanged from None


def discard_draft(*, entry_id: UUID, revision: int) -> None:
    """Throw a draft away. Raises DraftChanged if it is another than the editor saw."""
    deleted, _ = ContentVersion.objects.filter(entry_id=entry_id, release=None, revision=revision).delete()
    if not deleted:
        raise DraftChanged


def problems_of_draft(draft: ContentVersion) -> list[str]:
    """Return which of the writer's rules a draft does not keep."""
    entry = draft.entry
    return list(problems_of(Entry(key_of(entry), entry.language, draft.parts, str(entry))))


def publish_draft(
    *, entry_id: UUID, revision: int, user_id: UUID, now: datetime, despite_problems: bool = False
) -> ContentVersion:
    """Serve a draft from now on. Raises ContentRejected with the rules it breaks, unless the editor insists."""
    with transaction.atomic():
        draft = _locked_draft(entry_id, revision)
        _refuse_problems(draft, despite_problems)
        _release([draft], user_id=user_id, now=now)
    return draft


def schedule_draft(
    *,
    entry_id: UUID,
    revision: int,
    publish_at: datetime | None,
    user_id: UUID,
    now: datetime,
    despite_problems: bool = False,
) -> ContentVersion:
    """Have a draft published by itself at a moment to come; None takes that back. Saving it again takes it back too."""
    with transaction.atomic():
        draft = _locked_draft(entry_id, revision)
        if publish_at is not None:
            if publish_at <= now:
                raise ContentRejected(["takes a moment to come."])
            _refuse_problems(draft, despite_problems)
        draft.publish_at = publish_at
        # Who scheduled it is who publishes it.
        draft.published_by_id = user_id if publish_at else None
        draft.save(update_fields=["publish_at", "published_by"])
    return draft


def publish_due_drafts(*, now: datetime) -> int:
    """Publish every draft whose moment has come, as one release; return how many. Safe to run twice, and at once."""
    with transaction.atomic():
        due = ContentVersion.objects.filter(release=None, publish_at__lte=now)
        drafts = list(due.select_for_update(skip_locked=True))
        if drafts:
            _release(drafts, user_id=None, now=now)
    return len(drafts)


def roll_back(*, version_id: UUID, user_id: UUID, now: datetime, note: str = "") -> ContentVersion:
    """Serve an earlier version's words again, as a new version: the history stays. A draft is left as it is.

    Raises NothingToRollBack if these words are what is served.
    """
    with transaction.atomic():
        earlier = ContentVersion.objects.filter(pk=version_id, release__isnull=False).first()
        if earlier is None:
            raise NotFound
        hold_releases()
        served = ContentVersion.objects.filter(entry_id=earlier.entry_id, release__isnull=False).latest("release")
        if served.parts == earlier.parts:
            raise NothingToRollBack
        restored = ContentVersion(
            entry_id=earlier.entry_id,
            parts=earlier.parts,
            source=ContentSource.STAFF,
            note=note or f"The words of release {earlier.release} again.",
            edited_by_id=user_id,
            edited_at=now,
        )
        _release([restored], user_id=user_id, now=now)
    return restored


def forget_editor(user_id: UUID) -> None:
    """Forget who edited and published; the texts stay."""
    ContentVersion.objects.filter(edited_by_id=user_id).update(edited_by_id=None)
    ContentVersion.objects.filter(published_by_id=user_id).update(published_by_id=None)


def hold_releases() -> None:
    """Wait for whoever publishes, and hold back whoever wants to, until this transaction ends."""
    with connection.cursor() as cursor:
        # A lock by name: the row that counts releases may not be there yet.
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext('core_contentstate'))")


def next_release() -> int:
    """Take the next content version; whoever else publishes waits until this transaction ends."""
    hold_releases()
    with connection.cursor() as cursor:
        cursor.execute(
            """
            INSERT INTO core_contentstate AS state (id, version) VALUES (1, 1)
            ON CONFLICT (id) DO UPDATE SET version = state.version + 1 RETURNING version
            """
        )
        version = int(cursor.fetchone()[0])
    transaction.on_commit(lambda: tell_version(version))
    return version


def _release(versions: Iterable[ContentVersion], *, user_id: UUID | None, now: datetime) -> None:
    release = next_release()
    for version in versions:
        version.release, version.published_at, version.publish_at = release, now, None
        if user_id is not None:
            version.published_by_id = user_id
        version.save()


def _entry(entry_id: UUID) -> ContentEntry:
    entry = ContentEntry.objects.filter(pk=entry_id).first()
    if entry is None:
        raise NotFound
    return entry


def _locked_draft(entry_id: UUID, revision: int) -> ContentVersion:
    drafts = ContentVersion.objects.select_for_update(of=("self",)).select_related("entry")
    draft = drafts.filter(entry_id=entry_id, release=None, revision=revision).first()
    if draft is None:
        raise DraftChanged
    return draft


def check_parts(entry: ContentEntry, parts: Mapping[str, str]) -> dict[str, str]:
    """Return the parts cleaned of surrounding space. Raises ContentRejected for what no reader may meet."""
    needed = set(PARTS) if entry.kind == INTERPRETATIONS else {TEXT}
    allowed = needed | ({SHORT} if entry.section == "try" else set())
    words = {name: text.strip() for name, text in parts.items() if text.strip() or name in needed}
    problems = []
    if not needed <= set(words) <= allowed:
        problems.append(f"takes the parts {', '.join(sorted(allowed))}.")
    if empty := [name for name in words if not words[name]]:
        problems.append(f"has nothing in {', '.join(empty)}.")
    if any(len(text) > LONGEST_PART or "\x00" in text for text in words.values()):
        problems.append(f"takes at most {LONGEST_PART} characters in a part.")
    if not problems:
        problems = list(breaks_of(Entry(key_of(entry), entry.language, words, str(entry))))
    if problems:
        raise ContentRejected(problems)
    return words


def _refuse_problems(draft: ContentVersion, despite_problems: bool) -> None:
    problems = [] if despite_problems else problems_of_draft(draft)
    if problems:
        raise ContentRejected(problems)
