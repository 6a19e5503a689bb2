"""Charts per second of the engine and of PyPI ``numerology``, on the same people in one run.

Usage: python benchmarks/engine.py [--quick]

The names are those of people whom the installed Django and pip thank in their AUTHORS files, the first 1,000 that both
engines can read. Every repetition has 5,000 people of its own: it pairs the first names anew with the last names and
draws new birth dates (seeded), so that nothing remembered of a person could help. It runs all sides one after the other
on these people, and the median counts, in processor time, since other work on the machine should not.

The engine prepares small tables of what dates have in common (docs/decisions/0010-engine-speed.md). A running process
has them all; so one chart for every day that births are drawn from comes before. What the first 1,000 charts of a new
process take is a line of its own.

The default chart has all core, name, cycle and grid numbers and those of the other schools; a line without a goal adds
the personal cycles and transits of a day. Nothing is put off: a chart holds all its numbers when it is made, and with
the working all addends and letters.
"""

import argparse
import gc
import random
import re
import statistics
import sys
import time
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from importlib.metadata import files
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from numerology import Pythagorean

from core.numerology import birth_chart

NAMES, PAIRINGS = 1000, 5
FIRST_BIRTH, DAYS_OF_BIRTH = date(1940, 1, 1), 25_000
ON = date(2026, 1, 15)
LATIN_NAME = re.compile(r"[A-ZÀ-Þ][A-Za-zÀ-ÿŁłŠšŽžČčĆć'\-]+( [A-ZÀ-Þ][A-Za-zÀ-ÿŁłŠšŽžČčĆć'.\-]*){1,3}")
GOALS = {"engine_without_working": 8.0, "engine_with_working": 3.0}

Person = tuple[str, str, date]


def _names() -> Iterator[str]:
    for package in ("django", "pip"):
        for file in files(package) or []:
            if file.stem == "AUTHORS":
                lines = Path(str(file.locate())).read_text(encoding="utf-8").splitlines()
                yield from (re.sub(r"\s*[<(@].*", "", line).strip() for line in lines)


def full_names() -> list[tuple[str, str]]:
    """Return first names and last name of the first 1,000 people with both."""
    # Two to four words of Latin letters with capitals are a name; the rest is prose or another script.
    names = [name.rpartition(" ") for name in dict.fromkeys(_names()) if LATIN_NAME.fullmatch(name)]
    return [(first, last) for first, _, last in names[:NAMES]]


def people(names: list[tuple[str, str]], repetition: int) -> list[Person]:
    """Return new people: first names with last names and birth dates drawn by chance."""
    chance = random.Random(repetition)  # noqa: S311
    lasts = [last for _, last in names]
    found: list[Person] = []
    for _ in range(PAIRINGS):
        chance.shuffle(lasts)
        days = (FIRST_BIRTH + timedelta(chance.randrange(DAYS_OF_BIRTH)) for _ in names)
        found += [(first, last, day) for (first, _), last, day in zip(names, lasts, days, strict=True)]
    return found


def _peer(chosen: list[Person]) -> None:
    for first, last, born in chosen:
        Pythagorean(first, last, born.isoformat(), verbose=False)


def _without(chosen: list[Person]) -> None:
    for first, last, born in chosen:
        birth_chart(f"{first} {last}", born, explain=False)


def _with(chosen: list[Person]) -> None:
    for first, last, born in chosen:
        birth_chart(f"{first} {last}", born)


def _with_day(chosen: list[Person]) -> None:
    for first, last, born in chosen:
        birth_chart(f"{first} {last}", born, on=ON)


SIDES: dict[str, Callable[[list[Person]], None]] = {
    "PyPI numerology": _peer,
    "engine_without_working": _without,
    "engine_with_working": _with,
    "with working, on a day": _with_day,
}


def rate_of(run: Callable[[list[Person]], None], chosen: list[Person]) -> float:
    """Return how many charts a second of processor time one side makes."""
    gc.collect()
    start = time.process_time()
    run(chosen)
    return len(chosen) / (time.process_time() - start)


def measure(names: list[tuple[str, str]], repetitions: int) -> dict[str, float]:
    """Return the median charts per second of each side."""
    rates: dict[str, list[float]] = {side: [] for side in SIDES}
    for repetition in range(repetitions):
        chosen = people(names, repetition)
        for side, run in SIDES.items():
            rates[side].append(rate_of(run, chosen))
    return {side: statistics.median(found) for side, found in rates.items()}


def main() -> int:
    """Measure, print and return the exit code: 1 when a goal is missed."""
    parser = argparse.ArgumentParser(description="Charts per second against PyPI numerology.")
    parser.add_argument("--quick", action="store_true", help="three repetitions instead of fifteen")
    repetitions = 3 if parser.parse_args().quick else 15
    names = full_names()
    first_rate = rate_of(_without, people(names, -1)[:NAMES])
    _without([("Ann", "Lee", FIRST_BIRTH + timedelta(n)) for n in range(DAYS_OF_BIRTH)])
    rates = measure(names, repetitions)
    rates["first charts of a process"] = first_rate
    peer = rates["PyPI numerology"]
    print(f"{NAMES * PAIRINGS} people, new ones each time, median of {repetitions} interleaved repetitions")
    for side, rate in rates.items():
        print(f"{side:<26} {rate:>10,.0f} charts/s  {1e6 / rate:7.1f} us  x{rate / peer:.2f}")
    missed = False
    for goal, required in GOALS.items():
        ratio = rates[goal] / peer
        missed |= ratio < required
        print(f"goal {goal} measured {ratio:.2f} required {required:g} {'met' if ratio >= required else 'missed'}")
    return int(missed)


if __name__ == "__main__":
    sys.exit(main())
