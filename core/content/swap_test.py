"""The swap test: hide the number of ninety messages and let a reader who knows the tradition choose it from three.

    python -m core.content.swap_test sheet --seed 7 > sheet.txt     ten messages of each number, shuffled
    python -m core.content.swap_test score --seed 7 < answers.txt   one line an answer: the message's number, the choice

A message that fits another number as well is filler; chance alone gives a third. The same seed makes the same sheet.
"""

from __future__ import annotations

import argparse
import re
import sys
from collections import Counter
from collections.abc import Iterable, Sequence
from random import Random
from typing import NamedTuple

from core.content.catalogue import DEFAULT_LANGUAGE, PASSAGES
from core.content.files import TEXT, read_language

PER_NUMBER = 10
CHOICES = 3
AIM = 0.8
# Some messages name their number; a sheet must not.
_NAMED = re.compile(r"\b([1-9]) (day|path)\b")


class Question(NamedTuple):
    """One message, the numbers to choose from, and the one it was written for."""

    text: str
    choices: tuple[int, ...]
    number: int


def make_sheet(seed: int, language: str = DEFAULT_LANGUAGE) -> list[Question]:
    """Return ten messages of each personal day in an order, and with two wrong numbers each, that the seed gives."""
    random = Random(seed)  # noqa: S311 - a sheet, not a secret
    messages: dict[int, list[str]] = {}
    passages = [entry for entry in read_language(language).entries if entry.key.kind == PASSAGES]
    latest = max((entry.key.edition for entry in passages), default=0)
    for entry in passages:
        if entry.key.section == "message" and entry.key.edition == latest:
            messages.setdefault(entry.key.number, []).append(entry.parts[TEXT])
    sheet = []
    for number, texts in sorted(messages.items()):
        others = [other for other in messages if other != number]
        for text in random.sample(texts, PER_NUMBER):
            choices = sorted([number, *random.sample(others, CHOICES - 1)])
            sheet.append(Question(_NAMED.sub(r"_ \2", text), tuple(choices), number))
    random.shuffle(sheet)
    return sheet


def read_answers(lines: Iterable[str]) -> dict[int, int]:
    """Return question -> choice. Raises ValueError, with the line, for what is no such pair."""
    answers = {}
    for line in filter(None, map(str.strip, lines)):
        try:
            question, choice = map(int, re.split(r"[\s:,]+", line))
        except ValueError:
            raise ValueError(f"{line!r} is not a message's number and a choice, such as: 12 4") from None
        answers[question] = choice
    return answers


def score(sheet: Sequence[Question], answers: dict[int, int]) -> tuple[int, Counter[tuple[int, int]]]:
    """Return how many were right, and the mistakes as (number, chosen) with how often. A missing answer is wrong."""
    mistakes = Counter(
        (question.number, answers.get(index, 0))
        for index, question in enumerate(sheet, 1)
        if answers.get(index) != question.number
    )
    return len(sheet) - mistakes.total(), mistakes


def main(arguments: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m core.content.swap_test", description=__doc__.splitlines()[0])
    parser.add_argument("what", choices=["sheet", "score"])
    parser.add_argument("--seed", type=int, required=True)
    parser.add_argument("--language", default=DEFAULT_LANGUAGE)
    chosen = parser.parse_args(arguments)
    sheet = make_sheet(chosen.seed, chosen.language)
    if chosen.what == "sheet":
        for index, question in enumerate(sheet, 1):
            sys.stdout.write(f"{index}. [{' or '.join(map(str, question.choices))}] {question.text}\n")
        return 0
    try:
        right, mistakes = score(sheet, read_answers(sys.stdin))
    except ValueError as error:
        parser.error(str(error))
    for (number, choice), times in mistakes.most_common():
        sys.stdout.write(f"{number} taken for {choice or 'nothing'}: {times}\n")
    rate = right / len(sheet)
    sys.stdout.write(f"swap test: {right} of {len(sheet)} right, {rate:.0%}; the aim is {AIM:.0%}\n")
    return 0 if rate >= AIM else 1


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
