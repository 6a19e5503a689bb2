"""What a process serves from memory: every published text of one content version. Pure: rows in, texts out."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import NamedTuple

from core.content.catalogue import DEFAULT_LANGUAGE, INTERPRETATIONS, PARTS, PASSAGES
from core.content.files import SHORT, TEXT, EntryKey
from numerai.markup import render_markdown


class Row(NamedTuple):
    """One published version of one text."""

    key: EntryKey
    language: str
    release: int
    parts: Mapping[str, str]


@dataclass(frozen=True)
class Text:
    """A text as it is served: in `language`, which is another than asked for where that one has none."""

    key: EntryKey
    language: str
    release: int
    parts: Mapping[str, str]

    @property
    def text(self) -> str:
        """The words of a passage."""
        return self.parts[TEXT]

    @property
    def short(self) -> str:
        """The form of a passage for a lock screen; empty if it has none."""
        return self.parts.get(SHORT, "")

    @cached_property
    def html(self) -> dict[str, str]:
        """The parts of an interpretation that may hold Markdown, as safe HTML."""
        return {name: render_markdown(self.parts[name]) for name, part in PARTS.items() if part.markdown}


def fallbacks(language: str) -> tuple[str, ...]:
    """Return the languages to look in, the wanted one first: pt-BR, pt, en."""
    wanted = language.replace("_", "-")
    return tuple(dict.fromkeys((wanted, wanted.partition("-")[0], DEFAULT_LANGUAGE)))


class Library:
    """All texts of one content version, and of every version before it: `as_of` shows what was served then."""

    def __init__(self, version: int, rows: Iterable[Row], editions: Mapping[int, date]) -> None:
        self.version = version
        self.editions = dict(editions)
        self._texts: dict[tuple[EntryKey, str], tuple[Text, ...]] = {}
        held: dict[tuple[EntryKey, str], list[Text]] = {}
        for row in sorted(rows, key=lambda row: row.release):
            held.setdefault((row.key, row.language), []).append(Text(row.key, row.language, row.release, row.parts))
        # Newest first: nearly every lookup wants it.
        self._texts = {where: tuple(reversed(texts)) for where, texts in held.items()}
        self._counts: dict[tuple[int, str, int], int] = {}
        for key, language in self._texts:
            if key.kind == PASSAGES and language == DEFAULT_LANGUAGE:
                group = (key.edition, key.section, key.number)
                self._counts[group] = max(self._counts.get(group, 0), key.place + 1)
        self.languages = tuple(sorted({language for _, language in self._texts}))

    def replacing(self, key: EntryKey, language: str, parts: Mapping[str, str]) -> Library:
        """Return this library with one text replaced: for looking at a draft where it will stand."""
        other = object.__new__(Library)
        other.__dict__.update(self.__dict__)
        other._texts = {**self._texts, (key, language): (Text(key, language, self.version, parts),)}
        return other

    def find(self, key: EntryKey, language: str, *, as_of: int | None = None) -> Text | None:
        """Return the text in the language or the nearest that has it, as it is or as it was served at a version.

        A text that is younger than `as_of` in every language is given in its first form rather than not at all.
        """
        first: Text | None = None
        for candidate in fallbacks(language):
            texts = self._texts.get((key, candidate), ())
            for text in texts:
                if as_of is None or text.release <= as_of:
                    return text
            first = first or (texts[-1] if texts else None)
        return first

    def interpretation(self, position: str, number: int, language: str = DEFAULT_LANGUAGE) -> Text | None:
        return self.find(EntryKey(INTERPRETATIONS, 0, position, number), language)

    def edition_on(self, day: date) -> int:
        """Return the edition of a day: the last that has begun; the first for days before any. 0 if there is none."""
        begun = [number for number, starts_on in self.editions.items() if starts_on <= day]
        if begun:
            return max(begun, key=lambda number: self.editions[number])
        return min(self.editions, key=lambda number: self.editions[number], default=0)

    def count(self, edition: int, slot: str, key: int) -> int:
        """Return how many passages a slot has for a key: the same in every language."""
        return self._counts.get((edition, slot, key), 0)

    def passage(
        self, edition: int, slot: str, key: int, place: int, language: str, *, as_of: int | None = None
    ) -> Text:
        """Return the passage at a place, from 0. Raises KeyError for a place that the edition does not have."""
        text = self.find(EntryKey(PASSAGES, edition, slot, key, place), language, as_of=as_of)
        if text is None:
            raise KeyError((edition, slot, key, place))
        return text

    def has(self, key: EntryKey, language: str) -> bool:
        """Return whether the language itself has this text."""
        return (key, language) in self._texts

    def keys(self, kind: str) -> list[EntryKey]:
        """Return what the default language has a text for."""
        return sorted(key for key, language in self._texts if key.kind == kind and language == DEFAULT_LANGUAGE)
