"""Read the text files of a language. What cannot be read is told with its file and line, all of it at once.

    core/content/en/interpretations/life_path.yaml   number -> part -> text
    core/content/en/passages/1/edition.yaml          starts_on
    core/content/en/passages/1/day-3.yaml            slot -> texts in the order of their places
    core/content/en/passages/1/lens.yaml             lens -> key -> texts in the order of their places

A passage's place is its index in the list, from 0: a text may be corrected there, never moved.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

import yaml

from core.content.catalogue import DAY_SLOTS, INTERPRETATIONS, NO_KEY, PARTS, PASSAGES, POSITIONS, SLOTS

ROOT = Path(__file__).parent
# The parts of a passage: its text, and for "try" a shorter one for a lock screen.
TEXT, SHORT = "text", "short"


@dataclass(frozen=True, slots=True, order=True)
class EntryKey:
    """What a text is for, whatever its language: `section` is a slot or a position, `number` its key."""

    kind: str
    edition: int
    section: str
    number: int
    place: int = 0


@dataclass(frozen=True, slots=True)
class Entry:
    """One text in one language, in its parts, and where it was read."""

    key: EntryKey
    language: str
    parts: dict[str, str]
    where: str


@dataclass(frozen=True, slots=True)
class Problem:
    """Something that is wrong with a text, and where."""

    where: str
    message: str

    def __str__(self) -> str:
        return f"{self.where}: {self.message}"


@dataclass(slots=True)
class Content:
    """What was read. `complete` names the folders read whole, of which whole sets of texts may be expected."""

    entries: list[Entry] = field(default_factory=list)
    editions: dict[int, date] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    complete: list[tuple[str, str, int]] = field(default_factory=list)


class _Line(str):
    """A text that knows its line."""

    __slots__ = ("line",)
    line: int


class _Loader(yaml.SafeLoader):
    """Keeps every plain scalar a text with its line, and refuses a key that is given twice."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        keys = [self.construct_object(key, deep=True) for key, _ in node.value]
        twice = next((key for key in keys if keys.count(key) > 1), None)
        if twice is not None:
            raise yaml.constructor.ConstructorError(
                None, None, f"{twice!r} is given twice, and the first would be lost", node.start_mark
            )
        return super().construct_mapping(node, deep)


def _construct_line(loader: _Loader, node: yaml.ScalarNode) -> _Line:
    text = _Line(loader.construct_scalar(node))
    text.line = node.start_mark.line + 1
    return text


# Keys are whole numbers; the value of a text is its characters: "no" and "1:30" are words here, not a boolean and a
# number in base sixty.
_Loader.yaml_implicit_resolvers = {}
_Loader.add_implicit_resolver("tag:yaml.org,2002:int", re.compile(r"[0-9]+$"), list("0123456789"))
_Loader.add_implicit_resolver("tag:yaml.org,2002:null", re.compile(r"$"), [""])
_Loader.add_constructor("tag:yaml.org,2002:str", _construct_line)


def languages(root: Path = ROOT) -> list[str]:
    """Return the languages that have a folder."""
    return sorted(
        path.name
        for path in root.iterdir()
        if path.is_dir() and (path / PASSAGES).is_dir() | (path / INTERPRETATIONS).is_dir()
    )


def read_language(language: str, root: Path = ROOT) -> Content:
    """Read every text of a language."""
    content = Content()
    for path in sorted((root / language / INTERPRETATIONS).glob("*.yaml")):
        _read_interpretations(path, content)
    for folder in sorted((root / language / PASSAGES).glob("*/")):
        read_edition(folder, content)
    return content


def read_edition(folder: Path, content: Content) -> None:
    """Read every passage of one edition; its folder's name is its number."""
    if not folder.name.isdigit():
        content.problems.append(Problem(folder.name, "the name of an edition's folder is its number."))
        return
    content.complete.append((folder.parent.parent.name, PASSAGES, int(folder.name)))
    for path in sorted(folder.glob("*.yaml")):
        read_file(path, content)
    if int(folder.name) not in content.editions:
        content.problems.append(Problem(f"{folder.name}/edition.yaml", "has no starts_on: the edition's first day."))


def read_file(path: Path, content: Content) -> None:
    """Read one file, told by its place: under interpretations/ or in an edition's folder."""
    if path.parent.name == INTERPRETATIONS:
        _read_interpretations(path, content)
    elif path.name == "edition.yaml":
        _read_edition_file(path, content)
    else:
        _read_passages(path, content)


def _parse(path: Path, content: Content) -> dict[Any, Any]:
    """Return a file's mapping; an empty one, and a problem, if it is none."""
    try:
        data = yaml.load(path.read_text("utf-8"), Loader=_Loader)  # noqa: S506 - a SafeLoader, made stricter.
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        content.problems.append(Problem(f"{path.name}:{line}", f"is not YAML as we use it: {error.problem}."))
        return {}
    if not isinstance(data, dict):
        content.problems.append(Problem(path.name, "is not a mapping."))
        return {}
    return data


def _read_edition_file(path: Path, content: Content) -> None:
    try:
        content.editions[int(path.parent.name)] = date.fromisoformat(_parse(path, content)["starts_on"])
    except (KeyError, TypeError, ValueError):
        content.problems.append(Problem(path.name, "starts_on takes a date, such as 2026-01-01."))


def _read_interpretations(path: Path, content: Content) -> None:
    if path.stem not in POSITIONS:
        content.problems.append(Problem(path.name, f"is no position. Positions: {', '.join(POSITIONS)}."))
        return
    language = path.parent.parent.name
    content.complete.append((language, path.stem, 0))
    for number, parts in _parse(path, content).items():
        where = f"{path.name} {number}"
        if number not in POSITIONS[path.stem].numbers:
            content.problems.append(Problem(where, "is not a number of this position."))
        elif not isinstance(parts, dict) or set(parts) != set(PARTS):
            content.problems.append(Problem(where, f"takes exactly the parts {', '.join(PARTS)}."))
        elif all(_is_text(parts[name], f"{where} {name}", content) for name in PARTS):
            key = EntryKey(INTERPRETATIONS, 0, path.stem, number)
            texts = {name: str(parts[name]).strip() for name in PARTS}
            content.entries.append(Entry(key, language, texts, f"{path.name}:{parts['title'].line}"))


def _read_passages(path: Path, content: Content) -> None:
    language, edition = path.parent.parent.parent.name, int(path.parent.name)
    for slot, number, texts in _lists(path, content):
        where = f"{path.name} {slot} {number}" if number else f"{path.name} {slot}"
        if not isinstance(texts, list):
            content.problems.append(Problem(where, "takes a list of texts."))
            continue
        for place, item in enumerate(texts):
            parts = item if isinstance(item, dict) else {TEXT: item}
            allowed = {TEXT, SHORT} if slot == "try" else {TEXT}
            spot = f"{where}, text {place + 1}"
            if TEXT not in parts or not set(parts) <= allowed:
                content.problems.append(Problem(spot, f"takes a text, or a mapping of {', '.join(sorted(allowed))}."))
            elif all(_is_text(text, spot, content) for text in parts.values()):
                key = EntryKey(PASSAGES, edition, slot, number, place)
                texts_of = {str(name): str(text).strip() for name, text in parts.items()}
                content.entries.append(Entry(key, language, texts_of, f"{path.name}:{parts[TEXT].line}"))


def _lists(path: Path, content: Content) -> Iterator[tuple[str, int, Any]]:
    """Yield the lists of a passage file with their slot and key."""
    data = _parse(path, content)
    prefix, _, digit = path.stem.partition("-")
    if prefix == "day" and digit.isdigit() and int(digit) in SLOTS["message"].keys:
        expected: tuple[str, ...] = DAY_SLOTS
        number = int(digit)
    else:
        expected, number = (path.stem.replace("-", "_"),), NO_KEY
    unknown = set(data) - set(expected) if expected[0] in SLOTS else {path.stem}
    if unknown:
        content.problems.append(Problem(path.name, f"holds what is no slot of it: {', '.join(map(str, unknown))}."))
    for slot in (slot for slot in expected if slot in data and slot in SLOTS):
        if len(expected) > 1 or SLOTS[slot].keys == (NO_KEY,):
            yield slot, number, data[slot]
        elif not isinstance(data[slot], dict):
            content.problems.append(Problem(path.name, f"{slot} takes a mapping of keys to lists of texts."))
        else:
            for key, texts in data[slot].items():
                if key in SLOTS[slot].keys:
                    yield slot, key, texts
                else:
                    content.problems.append(Problem(f"{path.name} {slot} {key}", "is not a key of this slot."))


def _is_text(value: Any, where: str, content: Content) -> bool:
    if isinstance(value, _Line) and value.strip():
        return True
    content.problems.append(Problem(where, "takes a text that is not empty; a bare number needs quotes."))
    return False
