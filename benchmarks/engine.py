"""Charts per second of the engine and of PyPI ``numerology``, on the same people in one run.

Usage: python benchmarks/engine.py [--quick]

The names are those of people whom the installed Django and pip thank in their AUTHORS files, the first 1,000 that both
engines can read; the birth dates are fixed pseudo-random ones. Every repetition runs all sides one after the other, and
the median counts. The default chart has all core, name, cycle and grid numbers and those of the other schools; a line
without a goal adds the personal cycles and transits of a day. Nothing is put off: a chart holds all its numbers when it
is made, and with the working all addends and letters.
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

PEOPLE = 1000
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


def people() -> list[Person]:
    """Return first names, last name and birth date of the first 1,000 people with both."""
    chance = random.Random(1)  # noqa: S311
    found: list[Person] = []
    for name in dict.fromkeys(_names()):
        first, _, last = name.rpartition(" ")
        born = date(1940, 1, 1) + timedelta(chance.randrange(25_000))
        # Two to four words of Latin letters with capitals are a name; the rest is prose or another script.
        if LATIN_NAME.fullmatch(name):
            found.append((first, last, born))
    return found[:PEOPLE]


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


def measure(chosen: list[Person], repetitions: int) -> dict[str, float]:
    """Return the median charts per second of each side."""
    rates: dict[str, list[float]] = {side: [] for side in SIDES}
    for _ in range(repetitions):
        for side, run in SIDES.items():
            gc.collect()
            start = time.perf_counter()
            run(chosen)
            rates[side].append(len(chosen) / (time.perf_counter() - start))
    return {side: statistics.median(found) for side, found in rates.items()}


def main() -> int:
    """Measure, print and return the exit code: 1 when a goal is missed."""
    parser = argparse.ArgumentParser(description="Charts per second against PyPI numerology.")
    parser.add_argument("--quick", action="store_true", help="three repetitions instead of fifteen")
    repetitions = 3 if parser.parse_args().quick else 15
    chosen = people()
    rates = measure(chosen, repetitions)
    peer = rates["PyPI numerology"]
    print(f"{len(chosen)} people, median of {repetitions} interleaved repetitions")
    for side, rate in rates.items():
        print(f"{side:<24} {rate:>10,.0f} charts/s  {1e6 / rate:7.1f} us  x{rate / peer:.2f}")
    missed = False
    for goal, required in GOALS.items():
        ratio = rates[goal] / peer
        missed |= ratio < required
        print(f"goal {goal} measured {ratio:.2f} required {required:g} {'met' if ratio >= required else 'missed'}")
    return int(missed)


if __name__ == "__main__":
    sys.exit(main())
