"""Names as the engine counts them: parts of upper-case letters of one alphabet.

Source: docs/numerology.md#names.
"""

import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

from core.numerology.errors import EngineError
from core.numerology.letters import CABALISTIC_MARKS, CEDILLA, LetterTable, letter_table
from core.numerology.options import DEFAULTS, Options
from core.numerology.transliteration import LETTERS, hangul_syllable, romanise

NAME_LIMIT = 200
# Some characters stand for several letters; letter_tally.py counts up to a byte of them.
LETTER_LIMIT = 255
SUFFIXES = frozenset({"JR", "SR", "II", "III", "IV"})

_APOSTROPHES = frozenset("'’‘ʼʻ`´′＇ʹ")
_HYPHENS = frozenset("-‐‑‒–—−﹣－")
_UMLAUTS = {"Ä": "AE", "Ö": "OE", "Ü": "UE"}
# Latin letters that Unicode does not decompose into a base and marks.
_LATIN_LETTERS = {
    "Æ": "AE", "Œ": "OE", "Ø": "O", "Đ": "D", "Ð": "D", "Þ": "TH", "Ł": "L", "Ħ": "H", "Ŧ": "T", "Ŋ": "N", "Ə": "E",
    "Ɓ": "B", "Ɗ": "D", "Ɖ": "D", "Ƙ": "K", "Ƴ": "Y", "Ɨ": "I", "Ʉ": "U", "Ɔ": "O", "Ɛ": "E", "ẞ": "SS",
}  # fmt: skip
_TATWEEL = "ـ"
# Stands for a letter or digit without a value until the ignored ones are listed; no input can contain it,
# because every control character is a separator.
_IGNORED = "\0"


@dataclass(frozen=True, slots=True)
class NameInput:
    """A name in its fields, where the caller knows them; a suffix is kept apart and never counted."""

    first: str
    middle: tuple[str, ...] = ()
    last: str = ""
    suffix: str = ""


class Name(NamedTuple):
    """A normalised name.

    ``first_count`` and ``last_count`` say how many parts, from either end, are first and last names; the parts
    between them are middle names. ``transliterated`` pairs each word of another script with its Latin spelling.
    """

    parts: tuple[str, ...]
    first_count: int
    last_count: int
    ignored: tuple[str, ...] = ()
    transliterated: tuple[tuple[str, str], ...] = ()

    @property
    def text(self) -> str:
        return " ".join(self.parts)

    @property
    def middle(self) -> tuple[str, ...]:
        return self.parts[self.first_count : len(self.parts) - self.last_count]

    @property
    def last(self) -> tuple[str, ...]:
        return self.parts[len(self.parts) - self.last_count :]


class _CharacterMap(dict[int, str]):
    """What each character of a name becomes in one alphabet: letters, a space, nothing, or the ignored mark."""

    def __init__(self, table: LetterTable, hyphen: str, apostrophe: str, umlaut: str, yo: str) -> None:
        super().__init__()
        self.table = table
        self.hyphen = " " if hyphen == "split" else ""
        self.apostrophe = " " if apostrophe == "split" else ""
        self.umlauts = _UMLAUTS if umlaut == "digraph" else {}
        self.merged_yo = table.script == "cyrillic" and (yo == "as_ye" or table.name != "russian33")

        # The same mapping for plain ASCII, where every character becomes one character or nothing.
        ascii_map = {code: self[code] for code in range(128)}
        self.ascii_codes = "".join(ascii_map[code] or " " for code in range(128)).encode() + bytes(128)
        self.ascii_dropped = bytes(code for code in range(128) if not ascii_map[code])

    def __missing__(self, code: int) -> str:
        found = self[code] = self._resolve(chr(code))
        return found

    def _resolve(self, character: str) -> str:
        # Marks first: the Greek iota subscript is a mark whose upper case is a letter.
        if character in ("_", _TATWEEL) or unicodedata.category(character)[0] == "M":
            return ""
        if character in _APOSTROPHES:
            return self.apostrophe
        if character in _HYPHENS:
            return self.hyphen
        script = self.table.script
        if script == "latin":
            return self._latin(character)
        if script == "latin_marked":
            return self._latin_marked(character)
        return self._native(character)

    def _latin(self, character: str) -> str:
        if "A" <= character <= "Z":
            return character
        if character in LETTERS:
            return LETTERS[character]
        upper = character.upper()
        if upper != character:
            return "".join(map(self._resolve, upper))
        known = self.umlauts.get(character) or _LATIN_LETTERS.get(character)
        if known is not None:
            return known
        if "가" <= character <= "힣":
            return hangul_syllable(character)
        return self._without_marks(character)

    def _latin_marked(self, character: str) -> str:
        upper = character.upper()
        base, *marks = list(unicodedata.normalize("NFD", upper))
        if len(upper) == 1 and "A" <= base <= "Z" and upper not in self.umlauts:
            counted = "".join(mark for mark in marks if mark in CABALISTIC_MARKS or (mark == CEDILLA and base == "C"))
            composed = unicodedata.normalize("NFC", base + counted)
            return composed if len(composed) == 1 else base
        return self._latin(character)

    def _native(self, character: str) -> str:
        upper = character.upper()
        if upper == "Ё" and self.merged_yo:
            return "Е"
        if upper in self.table.values:
            return upper
        return self._without_marks(character)

    def _without_marks(self, character: str) -> str:
        decomposed = unicodedata.normalize("NFKD", character)
        category = unicodedata.category(character)
        if decomposed != character and category[0] == "L":
            return "".join(map(self._resolve, decomposed))
        if category == "Cf":
            return ""
        return _IGNORED if category[0] in "LN" else " "


@lru_cache(maxsize=256)
def _character_map(table: str, hyphen: str, apostrophe: str, umlaut: str, yo: str) -> _CharacterMap:
    return _CharacterMap(letter_table(table), hyphen, apostrophe, umlaut, yo)


def _too_long() -> EngineError:
    return EngineError("NAME_TOO_LONG", "name", f"A name has at most {NAME_LIMIT} characters.")


def _check_letters(words: list[str]) -> None:
    if not words:
        raise EngineError(
            "NO_USABLE_LETTER",
            "name",
            "The name has no letter that this table can count; give it in Latin letters, or choose its alphabet.",
        )
    if sum(map(len, words)) > LETTER_LIMIT:
        raise _too_long()


def _is_foreign(character: str) -> bool:
    # Below U+0370 every letter is Latin; above it Vietnamese, ligatures and full-width forms still are.
    return (
        character >= "Ͱ"
        and character.isalpha()
        and not unicodedata.name(character, "").startswith(("LATIN", "FULLWIDTH LATIN"))
    )


def _is_edit(spelling: object, latin: object) -> bool:
    return isinstance(spelling, str) and spelling != "" and isinstance(latin, str) and latin.isascii()


def _checked_edits(transliteration: Mapping[str, str]) -> Mapping[str, str]:
    if not isinstance(transliteration, Mapping) or not all(_is_edit(*pair) for pair in transliteration.items()):
        raise EngineError(
            "INVALID_TRANSLITERATION", "transliteration", "A transliteration maps letters or words to Latin letters."
        )
    return transliteration


def _edited(text: str, transliteration: Mapping[str, str]) -> str:
    """Put the caller's spellings in: the longest that fits at each place. What was put in is not looked at again, or a
    few spellings of one another's letters would fill the memory."""
    spellings = [(unicodedata.normalize("NFC", word), latin) for word, latin in transliteration.items()]
    spellings.sort(key=lambda pair: len(pair[0]), reverse=True)
    edited, position = [], 0
    while position < len(text):
        word, latin = next((pair for pair in spellings if text.startswith(pair[0], position)), (text[position],) * 2)
        edited.append(latin)
        position += len(word)
    return "".join(edited)


def _field(text: object) -> str:
    if not isinstance(text, str):
        raise EngineError("INVALID_NAME", "name", "A name is text, or text fields first, middle, last and suffix.")
    return text


class NameReader:
    """Reads names under one choice of alphabet and separators."""

    def __init__(self, options: Options) -> None:
        self.latin = letter_table(options.table).script.startswith("latin")
        self.drop_suffix = options.drop_suffix
        self.characters = _character_map(options.table, options.hyphen, options.apostrophe, options.umlaut, options.yo)

    def read(self, name: str | NameInput, transliteration: Mapping[str, str] | None = None) -> Name:
        """Return a normalised name; see normalise_name."""
        edits = {} if transliteration is None else _checked_edits(transliteration)
        if isinstance(name, NameInput):
            return self._read_fields(name, edits)
        if not isinstance(name, str) or len(name) > NAME_LIMIT:
            _field(name)
            raise _too_long()
        ignored: list[str] = []
        transliterated: list[tuple[str, str]] = []
        words = self._words(name, edits, ignored, transliterated)
        while len(words) > 1 and words[-1] in SUFFIXES and self.drop_suffix:
            words.pop()
        # A character of ASCII is one letter at most, so such a name cannot grow.
        if not name.isascii() or not words:
            _check_letters(words)
        last_count = 1 if len(words) > 1 else 0
        # What Name(...) does, without its arguments' way through Python.
        return tuple.__new__(Name, (tuple(words), 1, last_count, tuple(ignored), tuple(transliterated)))

    def _read_fields(self, name: NameInput, edits: Mapping[str, str]) -> Name:
        texts = [_field(text) for text in (name.first, *name.middle, name.last)]
        if sum(map(len, texts)) + len(_field(name.suffix)) > NAME_LIMIT:
            raise _too_long()
        ignored: list[str] = []
        transliterated: list[tuple[str, str]] = []
        fields = [self._words(text, edits, ignored, transliterated) for text in texts]
        words = [word for field in fields for word in field]
        _check_letters(words)
        return Name(tuple(words), len(fields[0]), len(fields[-1]), tuple(ignored), tuple(transliterated))

    def _words(
        self, text: str, edits: Mapping[str, str], ignored: list[str], transliterated: list[tuple[str, str]]
    ) -> list[str]:
        if text.isascii():
            # The same map as below, several times faster.
            characters = self.characters
            mapped = text.encode().translate(characters.ascii_codes, characters.ascii_dropped).decode()
        else:
            text = unicodedata.normalize("NFC", text)
            if self.latin and max(text) >= "Ͱ" and any(map(_is_foreign, text)):
                transliterated += self._spellings(text, edits)
                text = romanise(_edited(text, edits))
            mapped = text.translate(self.characters)
        if _IGNORED in mapped:
            ignored += [character for character in text if _IGNORED in self.characters[ord(character)]]
            mapped = mapped.replace(_IGNORED, "")
        return mapped.split()

    def _spellings(self, text: str, edits: Mapping[str, str]) -> Iterator[tuple[str, str]]:
        for word in text.split():
            latin = romanise(_edited(word, edits)).translate(self.characters).replace(_IGNORED, "").strip()
            if latin and any(map(_is_foreign, word)):
                yield word, latin


@lru_cache(maxsize=256)
def name_reader(options: Options) -> NameReader:
    """Return the shared reader of a set of options."""
    return NameReader(options)


def normalise_name(
    name: str | NameInput, options: Options = DEFAULTS, transliteration: Mapping[str, str] | None = None
) -> Name:
    """Split a name into parts of countable letters.

    Rules: docs/numerology.md#names. A plain string has its first and last word as first and last name; ``_`` joins
    words into one part. ``transliteration`` replaces letters or whole words of another script by Latin spellings.
    Raises EngineError NO_USABLE_LETTER, NAME_TOO_LONG, INVALID_NAME or INVALID_TRANSLITERATION.

    >>> normalise_name("Đặng Quốc Vũ").parts
    ('DANG', 'QUOC', 'VU')
    """
    return name_reader(options).read(name, transliteration)
