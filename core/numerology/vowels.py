"""Which letters of a name are vowels.

A classified word is *cased*: its vowels are lower case and its consonants upper case, so that one translation
table sums either. Source: docs/numerology.md#vowels.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from core.numerology.errors import EngineError
from core.numerology.letters import LetterTable, base_letter

_VOWELS = frozenset("AEIOU")
_LOWER_VOWELS = bytes.maketrans(b"AEIOU", b"aeiou")
# What each rule puts in lower case wherever it stands, and the letters whose place decides.
_RULES = {
    "decoz": (_LOWER_VOWELS, "Y"),
    "goodwin": (_LOWER_VOWELS, "YW"),
    "english": (_LOWER_VOWELS, "Y"),
    "vietnamese": (_LOWER_VOWELS, "Y"),
    "aeiou": (_LOWER_VOWELS, ""),
    "aeiouy": (bytes.maketrans(b"AEIOUY", b"aeiouy"), ""),
    "aeiouyw": (bytes.maketrans(b"AEIOUYW", b"aeiouyw"), ""),
}
_ROLES = ("vowel", "consonant")


@dataclass(frozen=True, slots=True)
class VowelOverride:
    """The caller's word on one letter: part and letter counted from 0, ``vowel`` or ``consonant``."""

    part: int
    index: int
    role: str


def _is_vowel(text: str, index: int, rule: str) -> bool:
    begins = index == 0 or text[index - 1] == " "
    before = not begins and text[index - 1] in _VOWELS
    if text[index] == "W":
        return before
    after = text[index + 1 : index + 2] in _VOWELS
    if before:
        return not after and (text[index - 1] == "U" if rule == "vietnamese" else rule != "decoz")
    if begins or not after:
        return not after
    return rule == "vietnamese" or _VOWELS.isdisjoint(text[text.rfind(" ", 0, index) + 1 : index])


def cased_text(text: str, rule: str) -> str:
    """Return words of A-Z, one space between them, with their vowels in lower case.

    Rules: docs/numerology.md#vowels.

    >>> cased_text("MURRAY LYNN", "decoz"), cased_text("LOWELL", "goodwin")
    ('MuRRaY LyNN', 'LoweLL')
    """
    lower_vowels, by_place = _RULES[rule]
    cased = text.encode().translate(lower_vowels).decode()
    for letter in by_place:
        index = text.find(letter) if letter in text else -1
        while index >= 0:
            if _is_vowel(text, index, rule):
                cased = cased[:index] + letter.lower() + cased[index + 1 :]
            index = text.find(letter, index + 1)
    return cased


def cased_parts(parts: tuple[str, ...], table: LetterTable, rule: str) -> tuple[str, ...]:
    """Return every part of a normalised name with its vowels in lower case.

    The rules concern Y and W, so native alphabets have their own fixed vowels; Hebrew and Arabic write none.
    """
    if table.script == "latin":
        return tuple(cased_text(" ".join(parts), rule).split())
    if table.script == "latin_marked":
        return tuple([_cased_like(part, cased_text(_unmarked(part), rule)) for part in parts])
    vowels = str.maketrans(table.vowels, table.vowels.lower())
    return tuple([part.translate(vowels) for part in parts])


def depends_on_rule(parts: tuple[str, ...], table: LetterTable) -> bool:
    """Return whether a normalised name has letters that are vowels by one rule and consonants by another: Y and W.

    >>> from core.numerology.letters import PYTHAGOREAN
    >>> depends_on_rule(("MARY", "ANN"), PYTHAGOREAN), depends_on_rule(("ANN",), PYTHAGOREAN)
    (True, False)
    """
    if table.script not in ("latin", "latin_marked"):
        return False
    latin = "".join(parts if table.script == "latin" else map(_unmarked, parts))
    return "Y" in latin or "W" in latin


def _unmarked(part: str) -> str:
    return "".join(map(base_letter, part))


def _cased_like(part: str, pattern: str) -> str:
    return "".join(letter.lower() if shape.islower() else letter for letter, shape in zip(part, pattern, strict=True))


def listed_overrides(overrides: Iterable[Any]) -> tuple[Any, ...]:
    """Return overrides as a tuple; raises EngineError INVALID_OVERRIDE where there is no list of them."""
    if not isinstance(overrides, Iterable):
        raise EngineError("INVALID_OVERRIDE", "vowel_overrides", "Give vowel overrides as a list.")
    return tuple(overrides)


def _as_override(item: Any) -> VowelOverride:
    if isinstance(item, VowelOverride):
        return item
    if isinstance(item, Mapping) and set(item) == {"part", "index", "role"}:
        return VowelOverride(item["part"], item["index"], item["role"])
    raise EngineError(
        "INVALID_OVERRIDE", "vowel_overrides", "Each vowel override has part, index and role (vowel or consonant)."
    )


def apply_overrides(cased: tuple[str, ...], overrides: Iterable[Any]) -> tuple[str, ...]:
    """Return the cased parts with single letters set as the caller says.

    Raises EngineError INVALID_OVERRIDE or CONTRADICTORY_OVERRIDES.
    """
    words = [list(word) for word in cased]
    chosen: dict[tuple[int, int], str] = {}
    for item in overrides:
        override = _as_override(item)
        part, index, role = override.part, override.index, override.role
        if role not in _ROLES:
            raise EngineError("INVALID_OVERRIDE", "vowel_overrides", "The role is vowel or consonant.")
        if not (type(part) is int and type(index) is int and 0 <= part < len(words) and 0 <= index < len(words[part])):
            raise EngineError("INVALID_OVERRIDE", "vowel_overrides", "There is no letter at that part and index.")
        if chosen.setdefault((part, index), role) != role:
            raise EngineError(
                "CONTRADICTORY_OVERRIDES", "vowel_overrides", "One letter is both a vowel and a consonant."
            )
        letter = words[part][index]
        if letter.lower() == letter.upper():
            raise EngineError("INVALID_OVERRIDE", "vowel_overrides", "Letters of this script have no vowel role.")
        words[part][index] = letter.lower() if role == "vowel" else letter.upper()
    return tuple(map("".join, words))
