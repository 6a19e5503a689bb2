"""Hold texts to the rules: each by itself, and each beside the others.

    python -m core.content.checks                                  every language
    python -m core.content.checks core/content/en/passages/1       one edition
    python -m core.content.checks core/content/en/passages/1/day-3.yaml

Needs neither a database nor settings. Ends with status 1 if anything is wrong.
"""

from __future__ import annotations

import sys
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from itertools import combinations
from pathlib import Path

from core.content.catalogue import PASSAGES, POSITIONS, SLOTS
from core.content.files import (
    ROOT,
    SHORT,
    TEXT,
    Content,
    Entry,
    Problem,
    languages,
    read_edition,
    read_file,
    read_language,
)
from core.content.lock_screen import fits
from core.content.rules import HARDEST_GRADE, problems_of
from core.content.words import bare_words, reading_grade, shingles

# Of the shorter text's runs of three words, the share that another text of the same slot or position may repeat.
ALIKE = 0.35
# The same for texts of different slots, which stand beside each other on a page; a phrase alone is nobody's.
ALIKE_ACROSS = 0.5
FEWEST_SHARED_ACROSS = 4
# How often one word may open the texts of one slot and key, and how many first words no two of a slot may share.
SAME_OPENING_WORD = 3
OPENING_WORDS_OF_A_KEY = 3
OPENING_WORDS_OF_MESSAGES = 2
OPENING_WORDS_OF_A_SLOT = 4
# Tries and headlines that must fit a lock screen together, none used twice.
LOCK_SCREEN_PAIRS = 20
# Below this a whole list of texts has become a telegram. Lists of shorter texts than these words are telegrams.
EASIEST_GRADE = 1.0
GRADED_LISTS_FROM_WORDS = 10

Group = tuple[str, str, int, str, int]


def check(content: Content) -> list[Problem]:
    """Return everything that is wrong with what was read."""
    problems = list(content.problems)
    for entry in content.entries:
        problems += [Problem(entry.where, f"{_name(entry)} {problem}") for problem in problems_of(entry)]
    problems += _missing(content)
    groups: dict[Group, list[Entry]] = defaultdict(list)
    for entry in content.entries:
        key = entry.key
        groups[entry.language, key.kind, key.edition, key.section, key.number].append(entry)
    for group, entries in groups.items():
        if group[1] == PASSAGES:
            problems += _openings_of_key(group, entries)
            problems += _level(group, entries)
    problems += _openings_of_slots(content.entries)
    problems += _alike(content.entries)
    problems += _lock_screens(groups)
    return sorted(problems, key=lambda problem: (problem.where.partition(":")[0], _line(problem.where)))


def _line(where: str) -> int:
    line = where.partition(":")[2]
    return int(line) if line.isdigit() else 0


def _name(entry: Entry) -> str:
    key = entry.key
    number = f" {key.number}" if key.number else ""
    return f"{key.section}{number}" + (f", text {key.place + 1}," if key.kind == PASSAGES else "")


def _missing(content: Content) -> Iterator[Problem]:
    """Yield what a whole edition or position still lacks, and what it has too much of."""
    held = Counter(
        (entry.language, entry.key.edition, entry.key.section, entry.key.number) for entry in content.entries
    )
    for language, kind, edition in content.complete:
        if kind == PASSAGES:
            wanted = {(slot.name, key): slot.count for slot in SLOTS.values() for key in slot.keys}
        else:
            wanted = {(kind, number): 1 for number in POSITIONS[kind].numbers}
        for (section, number), count in wanted.items():
            found = held[language, edition, section, number]
            if found != count:
                yield Problem(f"{language} {section} {number or ''}".strip(), f"has {found} of {count} texts.")


def _first_words(entry: Entry, count: int) -> tuple[str, ...]:
    return tuple(bare_words(entry.parts.get(TEXT) or entry.parts["essence"])[:count])


def _openings_of_key(group: Group, entries: Sequence[Entry]) -> Iterator[Problem]:
    for word, opened in _by_opening(entries, 1).items():
        if len(opened) > SAME_OPENING_WORD:
            places = ", ".join(str(entry.key.place + 1) for entry in opened)
            message = f"{len(opened)} texts open with {word[0]!r} ({places}); {SAME_OPENING_WORD} at most."
            yield Problem(opened[SAME_OPENING_WORD].where, f"{group[3]} {group[4] or ''}".strip() + f": {message}")
    words_apart = OPENING_WORDS_OF_MESSAGES if group[3] == "message" else OPENING_WORDS_OF_A_KEY
    yield from _shared_openings(entries, words_apart)


def _openings_of_slots(entries: Iterable[Entry]) -> Iterator[Problem]:
    sections: dict[tuple[str, str, int, str], list[Entry]] = defaultdict(list)
    for entry in entries:
        sections[entry.language, entry.key.kind, entry.key.edition, entry.key.section].append(entry)
    for texts in sections.values():
        yield from _shared_openings(texts, OPENING_WORDS_OF_A_SLOT, across_keys=True)


def _by_opening(entries: Iterable[Entry], count: int) -> dict[tuple[str, ...], list[Entry]]:
    openings: dict[tuple[str, ...], list[Entry]] = defaultdict(list)
    for entry in entries:
        openings[_first_words(entry, count)].append(entry)
    return openings


def _shared_openings(entries: Iterable[Entry], count: int, *, across_keys: bool = False) -> Iterator[Problem]:
    for words, opened in _by_opening(entries, count).items():
        for entry in opened[1:]:
            if not across_keys or entry.key.number != opened[0].key.number:
                message = f"{_name(entry)} starts with {' '.join(words)!r} like {opened[0].where}."
                yield Problem(entry.where, message)


def _level(group: Group, entries: Sequence[Entry]) -> Iterator[Problem]:
    if SLOTS[group[3]].words[0] < GRADED_LISTS_FROM_WORDS:
        return
    grade = reading_grade(" ".join(_ended(entry.parts[TEXT]) for entry in entries))
    if not EASIEST_GRADE <= grade <= HARDEST_GRADE:
        message = f"{group[3]} {group[4]}: all texts together read at grade {grade:.1f}"
        yield Problem(entries[0].where, f"{message}; {EASIEST_GRADE} to {HARDEST_GRADE} is asked for.")


def _ended(text: str) -> str:
    return text if text.endswith((".", "?")) else f"{text}."


def _alike(entries: Sequence[Entry]) -> Iterator[Problem]:
    """Yield each pair of texts that say too much of the same in the same words."""
    runs = [shingles(" ".join(text for name, text in entry.parts.items() if name != SHORT)) for entry in entries]
    holders: dict[tuple[str, ...], list[int]] = defaultdict(list)
    for index, own in enumerate(runs):
        for run in own:
            holders[run].append(index)
    shared = Counter(pair for held in holders.values() for pair in combinations(held, 2))
    for (first, second), count in shared.items():
        one, other = entries[first], entries[second]
        if one.language != other.language:
            continue
        share = count / min(len(runs[first]), len(runs[second]))
        if _section(one) == _section(other):
            too_much = share >= ALIKE
        else:
            too_much = share >= ALIKE_ACROSS and count >= FEWEST_SHARED_ACROSS
        if too_much:
            yield Problem(other.where, f"{_name(other)} says {share:.0%} of the same as {one.where}.")


def _section(entry: Entry) -> tuple[str, str]:
    """Return whose texts stand in each other's place: those of every edition too, for a member meets both."""
    return entry.key.kind, entry.key.section


def lock_screen_pairs(headlines: Sequence[str], tries: Sequence[str]) -> int:
    """Return how many pairs of headline and try fit a lock screen when none is used twice.

    The longest headline that is left takes the shortest try that is left: no other pairing gives more pairs.
    """
    short_first = sorted(tries, key=len)
    pairs = 0
    for headline in sorted(headlines, key=len, reverse=True):
        if pairs < len(short_first) and fits(headline, short_first[pairs]):
            pairs += 1
    return pairs


def _lock_screens(groups: dict[Group, list[Entry]]) -> Iterator[Problem]:
    for group, tries in groups.items():
        if group[1] == PASSAGES and group[3] == "try":
            headlines = groups.get((*group[:3], "headline", group[4]), [])
            pairs = lock_screen_pairs(
                [entry.parts[TEXT] for entry in headlines],
                [entry.parts.get(SHORT, entry.parts[TEXT]) for entry in tries],
            )
            if pairs < min(LOCK_SCREEN_PAIRS, len(headlines)):
                message = (
                    f"only {pairs} of {LOCK_SCREEN_PAIRS} headlines have a try that fits a lock screen beside them."
                )
                yield Problem(tries[0].where, f"try {group[4]}: {message}")


def read(paths: Sequence[Path]) -> Content:
    """Read files, editions or languages, whichever the paths are; every language if there are none."""
    content = Content()
    for path in paths:
        if path.is_file():
            read_file(path, content)
        elif path.parent.name == PASSAGES:
            read_edition(path, content)
        else:
            _add(content, read_language(path.name, path.parent))
    if not paths:
        for language in languages():
            _add(content, read_language(language, ROOT))
    return content


def _add(content: Content, more: Content) -> None:
    content.entries += more.entries
    content.problems += more.problems
    content.complete += more.complete
    content.editions |= more.editions


def main(arguments: Sequence[str]) -> int:
    paths = [Path(argument).resolve() for argument in arguments]
    absent = [path for path in paths if not path.exists()]
    if absent:
        sys.stdout.write(f"There is no {absent[0]}.\n")
        return 2
    content = read(paths)
    problems = check(content)
    for problem in problems:
        sys.stdout.write(f"{problem}\n")
    sys.stdout.write(f"{len(content.entries)} texts read, {len(problems)} problems.\n")
    return 1 if problems else 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
