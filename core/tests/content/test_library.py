"""Looking texts up in memory: languages, editions, and what was served at an earlier version. No database."""

from __future__ import annotations

from datetime import date

import pytest

from core.content.catalogue import INTERPRETATIONS, PASSAGES
from core.content.files import EntryKey
from core.content.library import Library, Row, fallbacks
from core.tests.content.factories import parts

SEVEN = EntryKey(INTERPRETATIONS, 0, "life_path", 7)


def passage(place: int, text: str, language: str = "en", release: int = 1, edition: int = 1) -> Row:
    return Row(EntryKey(PASSAGES, edition, "message", 3, place), language, release, {"text": text})


def found(library: Library, language: str, as_of: int | None = None) -> str:
    return library.passage(1, "message", 3, 0, language, as_of=as_of).text


@pytest.mark.parametrize(
    ("language", "expected"),
    [("pt-BR", ("pt-BR", "pt", "en")), ("pt_BR", ("pt-BR", "pt", "en")), ("de", ("de", "en")), ("en", ("en",))],
)
def test_a_language_falls_back_to_its_wider_form_and_then_to_english(language: str, expected: tuple[str, ...]) -> None:
    assert fallbacks(language) == expected


def test_the_nearest_language_that_has_the_text_gives_it() -> None:
    library = Library(1, [passage(0, "English"), passage(0, "Português", "pt"), passage(1, "Two")], {})
    assert [found(library, language) for language in ("pt-BR", "pt", "de", "en")] == [
        "Português",
        "Português",
        "English",
        "English",
    ]
    assert library.passage(1, "message", 3, 1, "pt").language == "en"


def test_what_was_shown_stays_what_it_was() -> None:
    library = Library(5, [passage(0, "As it was.", release=2), passage(0, "As it is.", release=4)], {})
    assert [found(library, "en", as_of) for as_of in (2, 3, 4, 5, None)] == [
        "As it was.",
        "As it was.",
        "As it is.",
        "As it is.",
        "As it is.",
    ]


def test_what_was_shown_in_english_stays_english_when_a_translation_comes() -> None:
    library = Library(5, [passage(0, "English", release=2), passage(0, "Deutsch", "de", release=4)], {})
    assert (found(library, "de", as_of=3), found(library, "de", as_of=4)) == ("English", "Deutsch")


def test_a_text_younger_than_what_is_asked_for_is_given_in_its_first_form() -> None:
    library = Library(5, [passage(0, "First.", release=4), passage(0, "Second.", release=5)], {})
    assert found(library, "en", as_of=1) == "First."


def test_a_place_that_no_edition_has_is_an_error() -> None:
    with pytest.raises(KeyError):
        Library(1, [passage(0, "One")], {}).passage(1, "message", 3, 9, "en")


def test_the_count_is_that_of_the_default_language() -> None:
    library = Library(1, [passage(0, "One"), passage(1, "Two"), passage(0, "Eins", "de")], {})
    assert (library.count(1, "message", 3), library.count(2, "message", 3)) == (2, 0)


@pytest.mark.parametrize(
    ("day", "edition"),
    [
        (date(2025, 6, 1), 1),
        (date(2026, 1, 1), 1),
        (date(2027, 2, 28), 1),
        (date(2027, 3, 1), 2),
        (date(2040, 1, 1), 2),
    ],
)
def test_the_edition_of_a_day_is_the_last_that_has_begun(day: date, edition: int) -> None:
    assert Library(1, [], {1: date(2026, 1, 1), 2: date(2027, 3, 1)}).edition_on(day) == edition


def test_without_editions_there_is_none() -> None:
    assert Library(0, [], {}).edition_on(date(2026, 1, 1)) == 0


def test_a_draft_stands_among_the_others_only_where_it_is_looked_at() -> None:
    library = Library(1, [Row(SEVEN, "en", 1, parts("Served."))], {})
    preview = library.replacing(SEVEN, "en", parts("Draft."))
    essences = [one.interpretation("life_path", 7) for one in (preview, library)]
    assert [text and text.parts["essence"] for text in essences] == ["Draft.", "Served."]


def test_only_the_parts_that_may_hold_markdown_become_html() -> None:
    text = Library(1, [Row(SEVEN, "en", 1, parts("A *word*."))], {}).interpretation("life_path", 7)
    assert text is not None
    assert text.html == {
        "essence": "<p>A <em>word</em>.</p>",
        "strength": "<p>You <em>look</em> twice.</p>",
        "cost": "<p>You look twice.</p>",
    }
