"""A reading: the texts of a day for one member, and what is said of its number. Pure: numbers and texts in."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from core.content.catalogue import DAY_SLOTS, DEFAULT_LANGUAGE, NO_KEY, SLOTS, name_personal_month, with_article
from core.content.library import Library, Text
from core.content.lock_screen import push_text
from core.numerology.associations import associations
from core.numerology.reduction import root
from core.readings.numbers import Numbers
from core.readings.walk import place_on, step_of


@dataclass(frozen=True, slots=True)
class Lucky:
    """Something that a school's table gives a number, and which school that is."""

    value: str | int
    school: str


@dataclass(frozen=True, slots=True)
class Composed:
    """The words of a reading. `language` is the one they are in; `master_day` is empty on most days.

    `title` and `body` are what a lock screen shows: the number of the day, and the headline with something to try.
    """

    language: str
    title: str
    body: str
    headline: str
    message: str
    backdrop: str
    lens: str
    to_try: str
    to_watch: str
    affirmation: str
    question: str
    master_day: str


def key_of(slot: str, numbers: Numbers) -> int | None:
    """Return the key of a slot's passages for these numbers; None where the slot says nothing of them.

    The texts of a day and a year are those of the root: an 11 day reads as a 2, with a line of its own.
    """
    if slot in DAY_SLOTS:
        return root(numbers.personal_day)
    if slot == "backdrop":
        return root(numbers.personal_year)
    if slot == "lens":
        return numbers.life_path if numbers.life_path in SLOTS[slot].keys else root(numbers.life_path)
    if slot == "master_day":
        return numbers.personal_day if numbers.personal_day in SLOTS[slot].keys else None
    return NO_KEY


def places(member: UUID, numbers: Numbers, library: Library) -> dict[str, tuple[int, int]]:
    """Return the key and place of each slot's passage in a reading. Raises ValueError where the edition has none."""
    found = {}
    for slot in SLOTS:
        key = key_of(slot, numbers)
        if key is not None:
            step = step_of(slot, day=numbers.reading_date, day_count=numbers.day_count)
            count = library.count(numbers.edition, slot, key)
            found[slot] = key, place_on(member, slot, key, count=count, step=step)
    return found


def compose(member: UUID, numbers: Numbers, library: Library, language: str = DEFAULT_LANGUAGE) -> Composed:
    """Return a member's reading in words, as they were served when its numbers were stored."""
    texts: dict[str, Text] = {
        slot: library.passage(numbers.edition, slot, key, place, language, as_of=numbers.content_version)
        for slot, (key, place) in places(member, numbers, library).items()
    }
    headline, to_try = texts["headline"], texts["try"]
    return Composed(
        language=headline.language,
        title=title_of(numbers.personal_day),
        body=push_text(headline.text, to_try.text, to_try.short),
        headline=headline.text,
        message=texts["message"].text,
        backdrop=name_personal_month(texts["backdrop"].text, numbers.personal_month),
        lens=texts["lens"].text,
        to_try=to_try.text,
        to_watch=texts["watch"].text,
        affirmation=texts["affirmation"].text,
        question=texts["question"].text,
        master_day=texts["master_day"].text if "master_day" in texts else "",
    )


def title_of(personal_day: int) -> str:
    """Return what a push is headed with.

    >>> title_of(8)
    'An 8 day'
    """
    return f"{with_article(personal_day)} day".capitalize()


def lucky_of(numbers: Numbers) -> dict[str, Lucky]:
    """Return the number, colour and weekday that tables give the number of the day, each with its school.

    Where a table lists several, they take turns from one such day to the next. Source:
    docs/numerology.md#associations.
    """
    indian, cheiro = associations(numbers.personal_day)
    turn = numbers.day_count
    return {
        "number": Lucky(indian.number, indian.school),
        "colour": Lucky(indian.colours[turn % len(indian.colours)], indian.school),
        "weekday": Lucky(cheiro.days[turn % len(cheiro.days)], cheiro.school),
    }
