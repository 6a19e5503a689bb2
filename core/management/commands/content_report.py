"""``manage.py content_report``: which texts each language has, and which of the writer's rules they break."""

import sys
from argparse import ArgumentParser
from collections.abc import Sequence
from typing import Any

from django.core.management.base import BaseCommand

from core.content.catalogue import INTERPRETATIONS, KINDS, PASSAGES
from core.content.checks import check, read
from core.content.files import ROOT
from core.selectors.content import coverage, get_library

Coverage = Sequence[tuple[str, int, int]]


class Command(BaseCommand):
    help = "Print how complete the served texts are, per position or slot and language. Status 1 below 100 %."

    def add_arguments(self, parser: ArgumentParser) -> None:
        kinds = parser.add_mutually_exclusive_group()
        kinds.add_argument("--passages", action="store_true", help="the passages of readings only")
        kinds.add_argument("--interpretations", action="store_true", help="the interpretations only")
        parser.add_argument(
            "--language", action="append", help="a language, repeatable; all that have texts by default"
        )
        parser.add_argument("--check", action="store_true", help="check the text files against the writer's rules too")

    def handle(self, *args: Any, **options: Any) -> None:
        library = get_library()
        wanted = [PASSAGES] if options["passages"] else [INTERPRETATIONS] if options["interpretations"] else KINDS
        languages = options["language"] or library.languages or ["en"]
        whole = True
        self.stdout.write(f"content version {library.version}")
        for language in languages:
            for kind in wanted:
                whole &= self._print(kind, language, coverage(library, language, kind))
        if options["check"]:
            problems = check(read([ROOT / language for language in languages if (ROOT / language).is_dir()]))
            for problem in problems:
                self.stdout.write(str(problem))
            self.stdout.write(f"{len(problems)} problems in the files")
            whole &= not problems
        if not whole:
            sys.exit(1)

    def _print(self, kind: str, language: str, rows: Coverage) -> bool:
        for name, held, total in rows:
            self.stdout.write(f"  {language}  {name:<32} {held:>5} of {total:<5} {_percent(held, total):>6}")
        held, total = sum(row[1] for row in rows), sum(row[2] for row in rows)
        self.stdout.write(f"{language}  {kind:<34} {held:>5} of {total:<5} {_percent(held, total):>6}")
        return held == total


def _percent(held: int, total: int) -> str:
    # Rounded down: 100 % is said of nothing less.
    return f"{held * 1000 // total / 10:.1f} %" if total else "0.0 %"
