"""Count what a reader meets: words, sentences, syllables, and the runs of words that two texts share."""

from __future__ import annotations

import re
from functools import lru_cache

import pyphen

from core.content.catalogue import name_personal_month

SHINGLE = 3

_WORD = re.compile(r"[^\W_]+(?:'[^\W_]+)*")
_SENTENCE_END = re.compile(r"[.!?]+[\"')\]]*(?=\s|$)")
_PLACEHOLDER = re.compile(r"\{\w+\}")
_VOWELS = re.compile(r"[aeiouy]+")


def count_words(text: str) -> int:
    """Return how many words a text has as it will be read: a placeholder is as many as what takes its place."""
    return len(name_personal_month(text, 8).split())


def bare_words(text: str) -> list[str]:
    """Return the words without their marks, in lower case."""
    return _WORD.findall(name_personal_month(text, 8).lower())


def sentences(text: str) -> list[str]:
    """Return the sentences; a text without an end is one."""
    return [part.strip() for part in _SENTENCE_END.split(text) if part.strip()]


@lru_cache(maxsize=1)
def _hyphenation() -> pyphen.Pyphen:
    return pyphen.Pyphen(lang="en_US", left=1, right=1)


@lru_cache(maxsize=20_000)
def syllables(word: str) -> int:
    """Return about how many syllables an English word has.

    Hyphenation leaves out some breaks (idea) and runs of vowels others (being); neither invents many, so the larger.
    """
    parts = sum(1 for part in _hyphenation().inserted(word).split("-") if _VOWELS.search(part))
    runs = len(_VOWELS.findall(word))
    if word.endswith("e") and not word.endswith("le") and runs > 1:
        runs -= 1
    return max(parts, runs, 1)


def reading_grade(text: str) -> float:
    """Return the Flesch-Kincaid grade: years of school in the United States; add five for an age.

    Source: Kincaid, Fishburne, Rogers and Chissom, Derivation of New Readability Formulas for Navy Enlisted
    Personnel, Research Branch Report 8-75, 1975: 0.39 words/sentences + 11.8 syllables/words - 15.59.
    """
    words = bare_words(text)
    if not words:
        return 0.0
    per_word = sum(map(syllables, words)) / len(words)
    return 0.39 * len(words) / len(sentences(text)) + 11.8 * per_word - 15.59


def shingles(text: str) -> frozenset[tuple[str, ...]]:
    """Return every run of three words; a shorter text is one run. No run crosses a placeholder, which all share."""
    pieces = [bare_words(piece) for piece in _PLACEHOLDER.split(text)]
    runs = [tuple(words[start : start + SHINGLE]) for words in pieces for start in range(len(words) - SHINGLE + 1)]
    return frozenset(runs or [tuple(bare_words(text))])
