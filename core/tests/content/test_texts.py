"""The texts that are shipped, held to the writer's rules."""

from __future__ import annotations

from collections import Counter

import pytest

from core.content.catalogue import INTERPRETATIONS, PASSAGES, POSITIONS, SLOTS
from core.content.checks import check, lock_screen_pairs
from core.content.files import Content, Entry, languages, read_language

CONTENT = {language: read_language(language) for language in languages()}


def passages(slot: str, key: int) -> list[Entry]:
    return [entry for entry in CONTENT["en"].entries if (entry.key.section, entry.key.number) == (slot, key)]


@pytest.mark.parametrize("language", languages())
def test_every_shipped_text_keeps_the_rules(language: str) -> None:
    assert [str(problem) for problem in check(CONTENT[language])] == []


def test_english_has_every_text_of_the_first_edition() -> None:
    counts = Counter(
        (entry.key.section, entry.key.number) for entry in CONTENT["en"].entries if entry.key.kind == PASSAGES
    )
    assert counts == {(slot.name, key): slot.count for slot in SLOTS.values() for key in slot.keys}
    assert set(CONTENT["en"].editions) == {1}


def test_english_has_every_interpretation() -> None:
    held = {
        (entry.key.section, entry.key.number) for entry in CONTENT["en"].entries if entry.key.kind == INTERPRETATIONS
    }
    assert held == {(position.name, number) for position in POSITIONS.values() for number in position.numbers}


@pytest.mark.parametrize("number", range(1, 10))
def test_twenty_headlines_of_a_number_have_a_try_beside_them_on_a_lock_screen(number: int) -> None:
    headlines = [entry.parts["text"] for entry in passages("headline", number)]
    tries = [entry.parts.get("short", entry.parts["text"]) for entry in passages("try", number)]
    assert lock_screen_pairs(headlines, tries) >= 20


def test_the_rules_would_tell_of_a_text_that_is_given_twice() -> None:
    content = CONTENT["en"]
    again = Entry(content.entries[0].key, "en", content.entries[0].parts, "again.yaml:1")
    problems = [str(problem) for problem in check(Content(entries=[*content.entries, again]))]
    assert any(problem.startswith("again.yaml:1") and "100% of the same" in problem for problem in problems)
