"""The rules that each text keeps by itself. What they are for is told in docs/writing.md."""

from __future__ import annotations

import re
from collections.abc import Iterator

from core.content.catalogue import INTERPRETATION_WORDS, INTERPRETATIONS, PARTS, SLOTS, name_personal_month
from core.content.files import SHORT, TEXT, Entry
from core.content.vocabulary import forbidden_in
from core.content.words import count_words, reading_grade, sentences

LONGEST_SENTENCE = 24
# A short text says little about its level: one long word changes it by years.
GRADED_FROM_WORDS = 30
HARDEST_GRADE = 9.0
LONGEST_SHORT = 70

_MARKDOWN = re.compile(r"[*_#`\[\]<>|~]|^\s*[-+] |^\s*\d+\. ", re.MULTILINE)
_MARKDOWN_REFUSED = re.compile(r"[#`<>|~]|!\[")
_DOUBLED = re.compile(r"\b(?!(?:that|had|ha)\b)(\w+)\s+\1\b", re.IGNORECASE)
_BRACES = re.compile(r"\{[^{}]*\}?|\}")


def problems_of(entry: Entry) -> Iterator[str]:
    """Yield what is wrong with one text, in words for its writer."""
    if entry.key.kind == INTERPRETATIONS:
        yield from _interpretation(entry)
    else:
        yield from _passage(entry)


def breaks_of(entry: Entry) -> Iterator[str]:
    """Yield what would break the page a text stands on: no editor may keep it, whatever their reasons."""
    for name, text in entry.parts.items():
        placeholders = SLOTS[entry.key.section].placeholders if name == TEXT else ()
        for problem in _placeholder(text, placeholders):
            yield f"{name} {problem}"


def _passage(entry: Entry) -> Iterator[str]:
    slot = SLOTS[entry.key.section]
    text = entry.parts[TEXT]
    yield from _length(text, slot.words)
    yield from _plain(text)
    yield from _words_used(text)
    yield from _placeholder(text, slot.placeholders)
    if slot.name == "question":
        if not text.endswith("?"):
            yield "is a question, and ends with a question mark."
    elif "?" in sentences_with_marks(text)[0]:
        yield "opens with a question."
    if SHORT in entry.parts:
        short = entry.parts[SHORT]
        yield from _plain(short)
        yield from _words_used(short)
        yield from _placeholder(short)
        if len(short) > LONGEST_SHORT:
            yield f"has a short form of {len(short)} characters; {LONGEST_SHORT} at most."
        if len(short) >= len(text):
            yield "has a short form that is not shorter."


def _interpretation(entry: Entry) -> Iterator[str]:
    for name, part in PARTS.items():
        text = entry.parts[name]
        checks = [_length(text, part.words), _words_used(text), _placeholder(text)]
        checks.append(_marks(text, _MARKDOWN_REFUSED) if part.markdown else _plain(text))
        for check in checks:
            for problem in check:
                yield f"{name} {problem}"
    if "?" in sentences_with_marks(entry.parts["essence"])[0]:
        yield "essence opens with a question."
    total = sum(count_words(text) for text in entry.parts.values())
    low, high = INTERPRETATION_WORDS
    if not low <= total <= high:
        yield f"has {total} words in all; {low} to {high} are asked for."


def sentences_with_marks(text: str) -> list[str]:
    """Return the sentences with the marks that end them."""
    return re.findall(r".+?(?:[.!?]+[\"')\]]*(?=\s|$)|$)", text, re.DOTALL)


def _length(text: str, words: tuple[int, int]) -> Iterator[str]:
    count = count_words(text)
    if not words[0] <= count <= words[1]:
        yield f"has {count} words; {words[0]} to {words[1]} are asked for."


def _plain(text: str) -> Iterator[str]:
    if "\n" in text:
        yield "has a line break."
    yield from _marks(name_personal_month(text, 8), _MARKDOWN)


def _marks(text: str, refused: re.Pattern[str]) -> Iterator[str]:
    if found := refused.search(text):
        yield f"has the mark {found.group().strip()!r}."
    if "  " in text:
        yield "has two spaces together."
    if "!" in text:
        yield "has an exclamation mark."
    if "--" in text or "\u2014" in text or "\u2013" in text:
        yield "has a dash; use a full stop, a comma or a colon."
    if strange := sorted({mark for mark in text if not mark.isascii() and not mark.isalpha()} - {"\u2014", "\u2013"}):
        yield f"has {' '.join(strange)}; use plain quotes, and no other marks than those of a keyboard."
    if text.count('"') % 2:
        yield "has a quotation that is not closed."


def _words_used(text: str) -> Iterator[str]:
    for word, reason in forbidden_in(text):
        yield f"says {word!r}, which {reason}."
    if doubled := _DOUBLED.search(text):
        yield f"says {doubled.group(1)!r} twice in a row."
    for sentence in sentences(text):
        if count_words(sentence) > LONGEST_SENTENCE:
            yield f"has a sentence of {count_words(sentence)} words; {LONGEST_SENTENCE} at most."
    if count_words(text) >= GRADED_FROM_WORDS and (grade := reading_grade(text)) > HARDEST_GRADE:
        yield f"reads at grade {grade:.1f}; {HARDEST_GRADE} at most: shorter words, shorter sentences."


def _placeholder(text: str, placeholders: tuple[str, ...] = ()) -> Iterator[str]:
    found = _BRACES.findall(text)
    if not placeholders:
        if found:
            yield f"has {found[0]}; no placeholder is filled in here."
    elif len(found) != 1 or found[0] not in placeholders:
        yield f"takes exactly one of {' and '.join(placeholders)}."
    elif re.search(rf"(?:^|[.!?]\s+){re.escape(found[0])}", text):
        yield f"has {found[0]} at the start of a sentence, where it would begin in lower case."
