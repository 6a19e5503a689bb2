"""The text files and the database: what a load adds, changes, keeps and refuses."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import ProgrammingError, transaction

from authentication.tests.factories import make_staff
from core.models import ContentEntry, ContentVersion
from core.selectors.content import get_library
from core.services.content import forget_editor, publish_draft, save_draft
from core.services.content_files import EditionIsFrozen
from core.tests.content.factories import NOW, interpretation, load, load_edition, on_commit, parts, whole_edition

pytestmark = pytest.mark.django_db


def essence(number: int = 7) -> str:
    text = get_library().interpretation("life_path", number)
    assert text is not None
    return text.parts["essence"]


def edit(words: str) -> None:
    entry = ContentEntry.objects.get(section="life_path", number=7)
    staff = make_staff()
    draft = save_draft(entry_id=entry.pk, parts=parts(words), user_id=staff.pk, now=NOW)
    with on_commit():
        publish_draft(entry_id=entry.pk, revision=draft.revision, user_id=staff.pk, now=NOW, despite_problems=True)


def test_a_second_load_changes_nothing() -> None:
    first = load(interpretation(7), interpretation(8))
    again = load(interpretation(7), interpretation(8))
    assert (len(first.added), first.version) == (2, 1)
    assert (again.added, again.changed, again.kept, again.unchanged, again.version) == ([], [], [], 2, 0)
    assert ContentVersion.objects.count() == 2


def test_what_a_file_changes_is_published_and_what_it_was_is_kept() -> None:
    load(interpretation(7, "As it was."))
    report = load(interpretation(7, "As it is."))
    assert report.changed == ["en life_path 7"]
    assert essence() == "As it is."
    assert [version.parts["essence"] for version in ContentVersion.objects.order_by("release")] == [
        "As it was.",
        "As it is.",
    ]


def test_what_staff_have_edited_is_kept_and_told() -> None:
    load(interpretation(7, "As it was."))
    edit("As staff have it.")
    assert load(interpretation(7, "As it was.")).kept == ["en life_path 7"]
    assert load(interpretation(7, "As the file has it now.")).kept == ["en life_path 7"]
    assert essence() == "As staff have it."


def test_a_file_that_takes_over_what_staff_wrote_leads_again() -> None:
    load(interpretation(7, "As it was."))
    edit("As staff have it.")
    assert load(interpretation(7, "As staff have it.")).unchanged == 1
    assert load(interpretation(7, "As the file has it now.")).changed == ["en life_path 7"]
    assert essence() == "As the file has it now."


def test_a_text_whose_file_is_gone_is_told_and_served() -> None:
    load(interpretation(7), interpretation(8))
    assert load(interpretation(8)).without_file == ["en life_path 7"]
    assert get_library().interpretation("life_path", 7) is not None


def test_an_edition_that_is_not_whole_is_left_out() -> None:
    report = load(*whole_edition()[1:], interpretation(7), editions={1: date(2026, 1, 1)})
    assert report.incomplete_editions == {1: "1672 of 1673 texts"}
    assert report.added == ["en life_path 7"]


def test_an_edition_without_a_first_day_is_left_out() -> None:
    assert load(*whole_edition()).incomplete_editions == {1: "1673 of 1673 texts, and no first day"}


def test_a_translation_need_not_be_whole() -> None:
    load_edition()
    report = load(*whole_edition(), *whole_edition(language="de")[:5], editions={1: date(2026, 1, 1)})
    assert len(report.added) == 5


def test_a_passage_is_corrected_in_its_place_and_never_moved() -> None:
    load_edition()
    entries = whole_edition()
    entries[0].parts["text"] = "Mended."
    assert load(*entries, editions={1: date(2026, 1, 1)}).changed == ["en edition 1 headline 1 text 1"]
    entries[0].parts["text"], entries[1].parts["text"] = entries[1].parts["text"], entries[0].parts["text"]
    with pytest.raises(EditionIsFrozen, match=r"text 2 of headline 1 has moved to place 1"):
        load(*entries, editions={1: date(2026, 1, 1)})


def test_an_edition_that_has_begun_cannot_begin_on_another_day() -> None:
    load_edition(starts_on=NOW.date())
    with pytest.raises(EditionIsFrozen, match="cannot change"):
        load(*whole_edition(), editions={1: date(2026, 7, 1)})


def test_an_edition_to_come_can_begin_on_another_day() -> None:
    load_edition(starts_on=NOW.date() + timedelta(days=1))
    report = load(*whole_edition(), editions={1: date(2026, 7, 1)})
    assert (report.version, get_library().editions) == (2, {1: date(2026, 7, 1)})


def file(folder: Path, text: str) -> None:
    path = folder / "en" / "interpretations" / "life_path.yaml"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def test_the_command_loads_a_folder_and_says_what_it_did(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file(tmp_path, "7:\n" + "".join(f"  {name}: {text!r}\n" for name, text in parts("By file.").items()))
    call_command("load_content", root=tmp_path)
    assert "1 added, 0 changed, 0 kept, 0 as they were; content version 1" in capsys.readouterr().out
    assert essence() == "By file."


def test_a_file_with_a_mistake_stops_the_whole_load(tmp_path: Path) -> None:
    file(tmp_path, "7:\n  title: Alone\n")
    with pytest.raises(CommandError, match="takes exactly the parts"):
        call_command("load_content", root=tmp_path)
    assert not ContentVersion.objects.exists()


def test_the_report_is_satisfied_by_a_whole_edition_alone(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        call_command("content_report", passages=True, language=["en"])
    load_edition()
    call_command("content_report", passages=True, language=["en"])
    assert "en  passages                            1673 of 1673  100.0 %" in capsys.readouterr().out
    with pytest.raises(SystemExit):
        call_command("content_report", passages=True, language=["de"])
    with pytest.raises(SystemExit):
        call_command("content_report", language=["en"])


@pytest.mark.parametrize("changes", [{"parts": {}}, {"release": 9}, {"published_at": datetime(2026, 1, 1, tzinfo=UTC)}])
def test_published_words_cannot_be_changed(changes: dict[str, Any]) -> None:
    load(interpretation(7))
    with pytest.raises(ProgrammingError, match="never changed"), transaction.atomic():
        ContentVersion.objects.update(**changes)


def test_published_words_cannot_be_deleted() -> None:
    load(interpretation(7))
    with pytest.raises(ProgrammingError, match="never changed"), transaction.atomic():
        ContentVersion.objects.all().delete()


def test_who_edited_may_be_forgotten() -> None:
    load(interpretation(7))
    edit("As staff have it.")
    assert ContentVersion.objects.exclude(edited_by=None).exclude(published_by=None).count() == 1
    forget_editor(ContentVersion.objects.latest("release").edited_by_id)
    assert not ContentVersion.objects.exclude(edited_by=None, published_by=None).exists()
    assert essence() == "As staff have it."
