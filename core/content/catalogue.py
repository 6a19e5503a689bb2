"""Which texts there are: the slots of a reading, the positions of a chart, and the words each may take."""

from __future__ import annotations

from dataclasses import dataclass

INTERPRETATIONS = "interpretations"
PASSAGES = "passages"
KINDS = (INTERPRETATIONS, PASSAGES)

DEFAULT_LANGUAGE = "en"
# A key for what no number keys: the evening's question is anybody's.
NO_KEY = 0
# How a text names the personal month; each is three words in print.
PERSONAL_MONTH = "{personal_month}"
THIS_PERSONAL_MONTH = "{this_personal_month}"

_DIGITS = tuple(range(1, 10))
_WITH_MASTERS = (*_DIGITS, 11, 22, 33)


@dataclass(frozen=True, slots=True)
class Slot:
    """One part of a daily reading: what keys it, how many passages a key has, and how many words each takes."""

    name: str
    keyed_by: str
    keys: tuple[int, ...]
    count: int
    words: tuple[int, int]
    # The placeholders of which each passage has exactly one.
    placeholders: tuple[str, ...] = ()


SLOTS = {
    slot.name: slot
    for slot in (
        Slot("headline", "personal day", _DIGITS, 20, (3, 7)),
        Slot("message", "personal day", _DIGITS, 31, (35, 60)),
        Slot("try", "personal day", _DIGITS, 31, (10, 20)),
        Slot("watch", "personal day", _DIGITS, 20, (8, 16)),
        Slot("affirmation", "personal day", _DIGITS, 20, (6, 14)),
        Slot("backdrop", "personal year", _DIGITS, 23, (15, 30), (PERSONAL_MONTH, THIS_PERSONAL_MONTH)),
        Slot("lens", "life path", _WITH_MASTERS, 23, (15, 30)),
        Slot("master_day", "personal day", (11, 22), 23, (10, 20)),
        Slot("question", "", (NO_KEY,), 46, (6, 16)),
    )
}


def with_article(number: int) -> str:
    """Return a number of a day or month with its article: "a 4", "an 11"."""
    return f"an {number}" if number in (11, 18) or str(number).startswith("8") else f"a {number}"


def name_personal_month(text: str, personal_month: int) -> str:
    """Return a passage with its personal month named: "an 8 month", "this 8 month"."""
    return text.replace(PERSONAL_MONTH, f"{with_article(personal_month)} month").replace(
        THIS_PERSONAL_MONTH, f"this {personal_month} month"
    )


# The slots that share a file for each number of the day; every other slot has a file of its own.
DAY_SLOTS = ("headline", "message", "try", "watch", "affirmation")


@dataclass(frozen=True, slots=True)
class Part:
    """One named part of an interpretation. Only the parts that say so may hold Markdown."""

    name: str
    words: tuple[int, int]
    markdown: bool = False


PARTS = {
    part.name: part
    for part in (
        Part("title", (2, 7)),
        Part("essence", (40, 90), markdown=True),
        Part("strength", (20, 55), markdown=True),
        Part("cost", (20, 55), markdown=True),
        Part("try", (10, 35)),
    )
}
# All parts of one interpretation together.
INTERPRETATION_WORDS = (120, 220)


@dataclass(frozen=True, slots=True)
class Position:
    """One place in a chart that has interpretations, and the numbers that can stand there."""

    name: str
    label: str
    numbers: tuple[int, ...]
    # Where a chart (BirthChart.to_dict) has the number.
    path: tuple[str, ...]


POSITIONS = {
    position.name: position for position in (Position("life_path", "Life path", _WITH_MASTERS, ("core", "life_path")),)
}
