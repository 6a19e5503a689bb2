"""What members agree to: the documents of agreements/, by name and version."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from pathlib import Path

FOLDER = Path(__file__).parent / "agreements"
LANGUAGE = "en"
AT_REGISTRATION = "registration"
OTHER_PEOPLE = "other_people"


@dataclass(frozen=True, slots=True)
class Document:
    """One version of one document. `version` is the day from which it counts."""

    name: str
    version: str
    title: str
    asked_at: str

    @property
    def is_required(self) -> bool:
        return self.asked_at == AT_REGISTRATION

    @property
    def text(self) -> str:
        """The words, as Markdown."""
        return _read(LANGUAGE, self.name, self.version)


@lru_cache(maxsize=1)
def list_all() -> tuple[Document, ...]:
    """Return every version of every document that ever was, in the order of the file."""
    listed = tomllib.loads((FOLDER / "documents.toml").read_text(encoding="utf-8"))["document"]
    return tuple(Document(**entry) for entry in listed)


def list_current(*, today: date) -> list[Document]:
    """Return the version of each document that counts today."""
    current: dict[str, Document] = {}
    for document in sorted(list_all(), key=lambda one: one.version):
        if date.fromisoformat(document.version) <= today:
            current[document.name] = document
    return [current[name] for name in dict.fromkeys(one.name for one in list_all()) if name in current]


def get_current(name: str, *, today: date) -> Document | None:
    """Return the version of one document that counts today, or None if there is no such document."""
    return next((document for document in list_current(today=today) if document.name == name), None)


@lru_cache(maxsize=32)
def _read(language: str, name: str, version: str) -> str:
    return (FOLDER / language / f"{name}.{version}.md").read_text(encoding="utf-8").strip()
