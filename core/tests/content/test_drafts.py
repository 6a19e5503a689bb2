"""What staff do with texts: drafts, publishing now and later, rolling back, and looking at it first."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.db import connection

from authentication.models import User
from authentication.tests.factories import make_staff
from core.content.catalogue import PASSAGES
from core.exceptions import ContentRejected, DraftChanged, NothingToRollBack
from core.models import ContentEntry, ContentState, ContentVersion
from core.selectors.content import draft_library, get_history, get_library
from core.services.content import (
    discard_draft,
    problems_of_draft,
    publish_draft,
    publish_due_drafts,
    roll_back,
    save_draft,
    schedule_draft,
)
from core.tests.content.factories import NOW, interpretation, load, load_edition, on_commit, parts
from numerai.api.exceptions import NotFound

pytestmark = pytest.mark.django_db
LATER = NOW + timedelta(hours=3)


@pytest.fixture
def staff(db: None) -> User:
    return make_staff()


@pytest.fixture
def entry(db: None) -> ContentEntry:
    load(interpretation(7, "As it was."))
    return ContentEntry.objects.get()


def save(entry: ContentEntry, staff: User, words: str, revision: int = 0) -> ContentVersion:
    return save_draft(entry_id=entry.pk, parts=parts(words), user_id=staff.pk, now=NOW, revision=revision)


def publish(entry: ContentEntry, staff: User, revision: int = 1, **options: Any) -> ContentVersion:
    options = {"despite_problems": True, **options}
    with on_commit():
        return publish_draft(entry_id=entry.pk, revision=revision, user_id=staff.pk, now=NOW, **options)


def served() -> str:
    text = get_library().interpretation("life_path", 7)
    assert text is not None
    return text.parts["essence"]


def test_a_draft_is_seen_by_nobody_until_it_is_published(entry: ContentEntry, staff: User) -> None:
    save(entry, staff, "As it will be.")
    assert served() == "As it was."
    version = publish(entry, staff)
    assert served() == "As it will be."
    assert (version.release, version.published_by_id, version.published_at) == (2, staff.pk, NOW)


def test_a_draft_is_looked_at_where_it_will_stand(entry: ContentEntry, staff: User) -> None:
    preview = draft_library(save(entry, staff, "As it will be."))
    text = preview.interpretation("life_path", 7)
    assert text is not None
    assert (text.parts["essence"], served()) == ("As it will be.", "As it was.")


def test_who_saves_over_somebody_elses_draft_is_told(entry: ContentEntry, staff: User) -> None:
    save(entry, staff, "Mine.")
    assert save(entry, staff, "Mine, again.", revision=1).revision == 2
    with pytest.raises(DraftChanged):
        save(entry, staff, "Theirs, from the same page.", revision=1)
    with pytest.raises(DraftChanged):
        save(entry, staff, "Theirs, from no draft.")
    with pytest.raises(DraftChanged):
        publish(entry, staff, revision=1)
    with pytest.raises(DraftChanged):
        discard_draft(entry_id=entry.pk, revision=1)
    assert ContentVersion.objects.get(release=None).parts["essence"] == "Mine, again."


def test_a_discarded_draft_is_gone_and_what_is_served_stays(entry: ContentEntry, staff: User) -> None:
    save(entry, staff, "Mine.")
    discard_draft(entry_id=entry.pk, revision=1)
    assert not ContentVersion.objects.filter(release=None).exists()
    with pytest.raises(DraftChanged):
        discard_draft(entry_id=entry.pk, revision=1)
    assert served() == "As it was."


def test_the_rules_are_told_and_an_editor_may_insist(entry: ContentEntry, staff: User) -> None:
    draft = save(entry, staff, "Embrace the journey.")
    assert any("'journey'" in problem for problem in problems_of_draft(draft))
    with pytest.raises(ContentRejected) as refused:
        publish(entry, staff, despite_problems=False)
    assert any("'journey'" in problem for problem in refused.value.problems)
    publish(entry, staff)
    assert served() == "Embrace the journey."


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"essence": ""}, "has nothing in essence"),
        ({"essence": " \n"}, "has nothing in essence"),
        ({"advice": "More."}, "takes the parts"),
        ({"essence": "x" * 5000}, "at most 4000 characters"),
        ({"essence": "x\x00"}, "at most 4000 characters"),
        ({"essence": "Dear {name}, hello."}, "no placeholder is filled in here"),
    ],
)
def test_what_no_reader_may_meet_is_not_even_kept(
    entry: ContentEntry, staff: User, changes: dict[str, str], expected: str
) -> None:
    with pytest.raises(ContentRejected) as refused:
        save_draft(entry_id=entry.pk, parts={**parts(), **changes}, user_id=staff.pk, now=NOW)
    assert expected in " ".join(refused.value.problems)
    assert not ContentVersion.objects.filter(release=None).exists()


def test_a_backdrop_cannot_lose_its_month(staff: User) -> None:
    load_edition()
    backdrop = ContentEntry.objects.get(kind=PASSAGES, section="backdrop", number=1, place=0)
    with pytest.raises(ContentRejected):
        save_draft(entry_id=backdrop.pk, parts={"text": "A year alone."}, user_id=staff.pk, now=NOW)


def test_only_a_try_has_a_short_form(staff: User) -> None:
    load_edition()
    for_key = {"kind": PASSAGES, "number": 1, "place": 0}
    both = {"text": "Begin one thing.", "short": "Begin."}
    tries, headline = (ContentEntry.objects.get(section=slot, **for_key) for slot in ("try", "headline"))
    save_draft(entry_id=tries.pk, parts=both, user_id=staff.pk, now=NOW)
    with pytest.raises(ContentRejected):
        save_draft(entry_id=headline.pk, parts=both, user_id=staff.pk, now=NOW)


def test_a_scheduled_draft_is_published_when_its_moment_comes_and_once(entry: ContentEntry, staff: User) -> None:
    save(entry, staff, "As it will be.")
    schedule_draft(entry_id=entry.pk, revision=1, publish_at=LATER, user_id=staff.pk, now=NOW, despite_problems=True)
    assert publish_due_drafts(now=LATER - timedelta(seconds=1)) == 0
    with on_commit():
        assert publish_due_drafts(now=LATER) == 1
    assert publish_due_drafts(now=LATER) == 0
    version = ContentVersion.objects.latest("release")
    assert (served(), version.published_by_id, version.published_at) == ("As it will be.", staff.pk, LATER)


def test_a_schedule_is_taken_back_by_hand_and_by_another_save(entry: ContentEntry, staff: User) -> None:
    save(entry, staff, "As it will be.")

    def plan(revision: int, publish_at: Any) -> None:
        schedule_draft(
            entry_id=entry.pk,
            revision=revision,
            publish_at=publish_at,
            user_id=staff.pk,
            now=NOW,
            despite_problems=True,
        )

    plan(1, LATER)
    plan(1, None)
    assert publish_due_drafts(now=LATER) == 0
    plan(1, LATER)
    save(entry, staff, "No, like this.", revision=1)
    assert publish_due_drafts(now=LATER) == 0
    with pytest.raises(ContentRejected, match="VALIDATION_ERROR"):
        plan(2, NOW)


def test_rolling_back_serves_the_old_words_as_a_new_version(entry: ContentEntry, staff: User) -> None:
    save(entry, staff, "As it is.")
    publish(entry, staff)
    first = ContentVersion.objects.get(release=1)
    with on_commit():
        restored = roll_back(version_id=first.pk, user_id=staff.pk, now=LATER)
    assert (served(), restored.release) == ("As it was.", 3)
    assert [version.parts["essence"] for version in get_history(entry)] == ["As it was.", "As it is.", "As it was."]
    with pytest.raises(NothingToRollBack):
        roll_back(version_id=first.pk, user_id=staff.pk, now=LATER)
    with pytest.raises(NotFound):
        roll_back(version_id=uuid4(), user_id=staff.pk, now=LATER)


def test_the_history_says_who_and_when_in_one_query(
    entry: ContentEntry, staff: User, django_assert_num_queries: Any
) -> None:
    save(entry, staff, "As it is.")
    publish(entry, staff)
    with django_assert_num_queries(1):
        told = [(version.release, version.edited_by, version.published_by) for version in get_history(entry)]
    assert told == [(2, staff, staff), (1, None, None)]


@pytest.mark.django_db(transaction=True)
def test_releases_follow_each_other_however_many_publish_at_once() -> None:
    load(*(interpretation(number) for number in range(1, 9)))
    staff = make_staff()
    entries = list(ContentEntry.objects.all())
    for entry in entries:
        save(entry, staff, "As it will be.")

    def work(entry_id: UUID) -> int | None:
        try:
            version = publish_draft(entry_id=entry_id, revision=1, user_id=staff.pk, now=NOW, despite_problems=True)
            return version.release
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as pool:
        releases = list(pool.map(work, [entry.pk for entry in entries]))
    assert sorted(release or 0 for release in releases) == list(range(2, 10))
    assert ContentState.objects.get().version == 9
    assert get_library().version == 9
