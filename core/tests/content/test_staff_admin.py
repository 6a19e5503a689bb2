"""The texts' room in the admin: the editor with its preview, coverage, export and import."""

from __future__ import annotations

import csv
import io
import json
from datetime import date
from typing import Any

import openpyxl
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from authentication.models import AuditEvent
from authentication.tests.factories import make_staff, make_user
from core.content.catalogue import SLOTS
from core.content.files import EntryKey
from core.models import ContentEntry, ContentVersion
from core.selectors.content import get_library
from core.selectors.previews import preview_text
from core.services.content_exchange import COLUMNS
from core.tests.content.factories import NOW, interpretation, load, load_edition, parts

pytestmark = pytest.mark.django_db

TEXTS = "/admin/core/contententry/"


@pytest.fixture
def inside() -> Client:
    client = Client()
    client.force_login(make_staff())
    return client


@pytest.fixture
def entry() -> ContentEntry:
    load(interpretation(7), interpretation(3))
    return ContentEntry.objects.get(number=7)


def page_of(entry: ContentEntry) -> str:
    return f"{TEXTS}{entry.pk}/change/"


def press(client: Client, entry: ContentEntry, do: str, **sent: Any) -> str:
    """Press one of the editor's buttons; return what the next page says."""
    words = {f"part_{name}": text for name, text in parts("Entirely new words stand here now.").items()}
    answer = client.post(page_of(entry), {"do": do, "revision": 0, **words, **sent}, follow=True)
    return answer.content.decode()


def served(entry: ContentEntry) -> str:
    return ContentVersion.objects.filter(entry=entry, release__isnull=False).latest("release").parts["essence"]


def test_a_draft_is_kept_and_readers_see_nothing_of_it(inside, entry):
    assert "Draft saved" in press(inside, entry, "save")
    assert ContentVersion.objects.get(release=None).parts["essence"].startswith("Entirely new")
    assert not served(entry).startswith("Entirely new")


def test_a_preview_shows_the_typed_words_and_keeps_nothing(inside, entry):
    page = press(inside, entry, "preview")
    assert "<p>Entirely new words stand here now.</p>" in page
    assert not ContentVersion.objects.filter(release=None).exists()


def test_a_draft_that_breaks_rules_is_published_only_on_insistence(inside, entry):
    press(inside, entry, "save")
    assert "essence has 6 words" in press(inside, entry, "publish", revision=1)
    assert not served(entry).startswith("Entirely new")
    assert "Published as release 2" in press(inside, entry, "publish", revision=1, despite_problems="on")
    assert served(entry).startswith("Entirely new")
    assert AuditEvent.objects.filter(act="content_published").count() == 1


def test_a_draft_is_scheduled_and_taken_off_again(inside, entry):
    press(inside, entry, "save")
    at = "2099-05-05T12:30"
    press(inside, entry, "schedule", revision=1, publish_at=at, despite_problems="on")
    assert f"{ContentVersion.objects.get(release=None).publish_at:%Y-%m-%dT%H:%M}" == at
    press(inside, entry, "unschedule", revision=1)
    assert ContentVersion.objects.get(release=None).publish_at is None


def test_scheduling_asks_for_a_moment(inside, entry):
    press(inside, entry, "save")
    assert "takes a moment" in press(inside, entry, "schedule", revision=1, despite_problems="on")


def test_earlier_words_are_served_again(inside, entry):
    first = served(entry)
    press(inside, entry, "save")
    press(inside, entry, "publish", revision=1, despite_problems="on")
    version = ContentVersion.objects.get(entry=entry, release=1)
    assert "served again, as release 3" in press(inside, entry, "roll_back", version=version.pk)
    assert served(entry) == first


def test_another_texts_version_is_not_served_here(inside, entry):
    other = ContentVersion.objects.get(entry__number=3)
    press(inside, entry, "roll_back", version=other.pk)
    assert ContentVersion.objects.filter(entry=entry).count() == 1


def test_an_editor_is_told_of_another_ones_draft(inside, entry):
    press(inside, entry, "save")
    assert "Somebody else has saved" in press(inside, entry, "save", revision=0)


def test_a_draft_is_discarded(inside, entry):
    press(inside, entry, "save")
    press(inside, entry, "discard", revision=1)
    assert not ContentVersion.objects.filter(release=None).exists()


def test_markup_of_an_editor_reaches_no_page(inside, entry):
    hostile = "Look <script>alert(1)</script> and [here](javascript:alert(1))."
    page = press(inside, entry, "preview", part_essence=hostile)
    assert "<script>alert" not in page
    assert 'href="javascript' not in page


def test_who_may_only_look_changes_nothing(entry):
    client = Client()
    client.force_login(make_user(is_staff=True))
    assert client.get(page_of(entry)).status_code == 403
    assert client.get(f"{TEXTS}export/").status_code == 403
    assert client.get(f"{TEXTS}import/").status_code == 403
    assert client.get(f"{TEXTS}coverage/").status_code == 403


# One place of each slot: the last of its first key.
LAST = [EntryKey("passages", 1, slot.name, slot.keys[0], slot.count - 1) for slot in SLOTS.values()]


@pytest.mark.parametrize("key", LAST, ids=lambda key: key.section)
def test_a_passage_is_shown_in_a_reading_that_has_it(key):
    load_edition()
    slot = SLOTS[key.section]
    words = " ".join(["Seen where it stands", *slot.placeholders[:1]])
    found = preview_text(get_library(), key, "en", {"text": words}, today=date(2026, 3, 2))
    said = [getattr(found.reading, name) for name in found.reading.__slots__]
    assert any(text.startswith("Seen where it stands") for text in said)


def test_the_editor_shows_a_passage_as_a_push(inside):
    load_edition()
    entry = ContentEntry.objects.get(section="headline", number=4, place=2)
    page = press(inside, entry, "preview", part_text="Do the dull thing")
    assert "<mark>Do the dull thing</mark>" in page
    assert "<p>Do the dull thing" in page


def test_the_list_finds_words_and_open_drafts(inside, entry):
    press(inside, entry, "save")
    assert inside.get(TEXTS, {"q": "Entirely new"}).context["cl"].result_count == 1
    assert inside.get(TEXTS, {"work": "draft"}).context["cl"].result_count == 1
    assert inside.get(TEXTS, {"work": "scheduled"}).context["cl"].result_count == 0


def test_coverage_counts_what_each_language_has(inside, entry):
    load(interpretation(7, language="de"))
    page = inside.get(f"{TEXTS}coverage/")
    assert page.context["languages"] == ("de", "en")
    assert page.context["tables"][0]["rows"][0] == {"name": "life_path", "total": 12, "held": [1, 2]}


def read(answer: Any, kind: str) -> list[dict[str, Any]]:
    content = b"".join(answer.streaming_content)
    if kind == "json":
        return json.loads(content)
    if kind == "csv":
        return list(csv.DictReader(io.StringIO(content.decode())))
    headings, *rows = openpyxl.load_workbook(io.BytesIO(content)).active.iter_rows(values_only=True)
    return [dict(zip(headings, row, strict=True)) for row in rows]


@pytest.mark.parametrize("kind", ["csv", "xlsx", "json"])
def test_an_export_streams_every_served_text_and_is_audited(inside, entry, kind):
    answer = inside.get(f"{TEXTS}export/", {"format": kind})
    assert answer.streaming
    rows = read(answer, kind)
    assert {(row["section"], int(row["number"]), row["title"]) for row in rows} == {
        ("life_path", 3, "The one who checks"),
        ("life_path", 7, "The one who checks"),
    }
    assert list(rows[0]) == list(COLUMNS)
    assert AuditEvent.objects.filter(act="content_exported").count() == 1


def table(kind: str, *rows: dict[str, Any]) -> SimpleUploadedFile:
    whole = [{name: row.get(name, "") for name in COLUMNS} for row in rows]
    if kind == "json":
        return SimpleUploadedFile("texts.json", json.dumps(whole).encode())
    if kind == "csv":
        text = io.StringIO()
        writer = csv.DictWriter(text, COLUMNS)
        writer.writeheader()
        writer.writerows(whole)
        return SimpleUploadedFile("texts.csv", text.getvalue().encode())
    book, raw = openpyxl.Workbook(), io.BytesIO()
    for line in [COLUMNS, *(tuple(row.values()) for row in whole)]:
        book.active.append(line)
    book.save(raw)
    return SimpleUploadedFile("texts.xlsx", raw.getvalue())


def row(number: int = 7, language: str = "en", **words: str) -> dict[str, Any]:
    key = {"kind": "interpretations", "edition": 0, "section": "life_path", "number": number, "place": 0}
    return {**key, "language": language, **parts(), **words}


@pytest.mark.parametrize("kind", ["csv", "xlsx", "json"])
def test_an_import_shows_first_and_keeps_drafts_then(inside, entry, kind):
    sent = table(kind, row(essence="Brought in by a table."), row(number=3), row(number=9), row(language="de"))
    page = inside.post(f"{TEXTS}import/", {"table": sent})
    assert page.context["counts"] == {"same": 1, "draft": 2, "refused": 1}
    assert not ContentVersion.objects.filter(release=None).exists()
    kept = inside.post(f"{TEXTS}import/", {"held": page.context["held"]}, follow=True)
    assert "2 drafts saved" in kept.content.decode()
    drafts = ContentVersion.objects.filter(release=None).order_by("entry__language")
    assert [(draft.entry.language, draft.parts["essence"][:7]) for draft in drafts] == [
        ("de", parts()["essence"][:7]),
        ("en", "Brought"),
    ]
    assert AuditEvent.objects.filter(act="content_imported").count() == 1


@pytest.mark.parametrize(
    ("name", "content"),
    [("texts.xlsx", b"no workbook"), ("texts.json", b"{"), ("texts.txt", b"a"), ("texts.csv", b"\xff\xfe\x00")],
)
def test_a_file_that_is_no_table_is_refused(inside, entry, name, content):
    page = inside.post(f"{TEXTS}import/", {"table": SimpleUploadedFile(name, content)})
    assert "held" not in page.context
    assert [message.level_tag for message in page.context["messages"]] == ["error"]


def test_a_row_given_twice_and_an_open_draft_are_told(inside, entry):
    press(inside, entry, "save")
    sent = table("json", row(essence="Brought in."), row(essence="Brought in again."))
    page = inside.post(f"{TEXTS}import/", {"table": sent})
    first, second = page.context["changes"]
    assert "replaces a draft that is not published yet." in first.problems
    assert second.problems == ("Is in the table twice.",)


@pytest.mark.parametrize("count", [1, 5])
def test_the_list_costs_the_same_for_one_text_and_for_five(inside, count, django_assert_num_queries):
    load(*(interpretation(number) for number in range(1, count + 1)), now=NOW)
    # The Django session, the staff user, what the filters offer (section, language), the count, the page.
    with django_assert_num_queries(6):
        assert inside.get(TEXTS).status_code == 200
