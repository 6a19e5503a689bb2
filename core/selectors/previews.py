"""How a text will look where it stands: as part of a chart, or in a reading that a sample member would get."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import count, islice, product
from uuid import UUID

from core.content.catalogue import INTERPRETATIONS, PASSAGES, POSITIONS, SLOTS
from core.content.files import EntryKey
from core.content.library import Library, Text
from core.readings.compose import Composed, compose, key_of, places
from core.readings.numbers import Numbers, numbers_on

# With masters, so that the passages of master days have days to stand on.
_OPTION_SET = "calendar-11-22"
_BIRTHDAYS = [(month, day) for month in range(1, 13) for day in range(1, 29)]
# On most days nobody has an 11 day; somebody does within two months.
_MOST_DAYS = 62
# A slot has at most 46 places, each as likely as the next for a member: a hundred times as many always suffice.
_MOST_MEMBERS = 4_600


@dataclass(frozen=True, slots=True)
class Preview:
    """A text in its place. Of `chart_text` and `reading` the one that the text is for is set."""

    library: Library
    label: str
    number: int
    chart_text: Text | None = None
    reading: Composed | None = None


def preview_text(
    library: Library, key: EntryKey, language: str, parts: Mapping[str, str], *, today: date
) -> Preview | None:
    """Return where these words would stand if they were served; None if no reading of the next months can have them.

    The reading is one of today, or of the first day after it that can have the passage; its member is made up.
    """
    library = library.replacing(key, language, parts)
    if key.kind == INTERPRETATIONS:
        text = library.interpretation(key.section, key.number, language)
        return Preview(library, POSITIONS[key.section].label, key.number, chart_text=text)
    found = _reader_of(library, key, today)
    if found is None:
        return None
    member, numbers = found
    reading = compose(member, numbers, library, language)
    return Preview(library, f"Reading of {numbers.reading_date:%-d %B %Y}", numbers.personal_day, reading=reading)


def _reader_of(library: Library, key: EntryKey, today: date) -> tuple[UUID, Numbers] | None:
    """Return a made-up member, and the numbers of a day, whose reading has this passage."""
    if key.kind != PASSAGES or not all(library.count(key.edition, slot, k) for slot in SLOTS for k in SLOTS[slot].keys):
        return None
    numbers = _numbers_with(library, key, today)
    if numbers is None:
        return None
    for number in islice(count(1), _MOST_MEMBERS):
        member = UUID(int=number)
        if places(member, numbers, library)[key.section] == (key.number, key.place):
            return member, numbers
    return None


def _numbers_with(library: Library, key: EntryKey, today: date) -> Numbers | None:
    """Return numbers of the first day from today, and birthday, that bring the passage's key up."""
    life_path = key.number if key.section == "lens" else 7
    for ahead, (month, day) in product(range(_MOST_DAYS), _BIRTHDAYS):
        numbers = numbers_on(
            today + timedelta(days=ahead),
            birth_month=month,
            birth_day=day,
            option_set=_OPTION_SET,
            life_path=life_path,
            essence=None,
            edition=key.edition,
            content_version=library.version,
        )
        if key_of(key.section, numbers) == key.number:
            return numbers
    return None
