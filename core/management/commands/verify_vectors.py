"""``manage.py verify_vectors``: published worked examples against the engine."""

import sys
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from core.numerology.verify import VectorFileError, load_vectors, report_lines, verify_rows


class Command(BaseCommand):
    help = "Run a file of worked examples through the engine; exit 1 unless all pass."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", help="a JSON list of rows with quantity, input, method and expected")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            results = verify_rows(load_vectors(options["file"]))
        except VectorFileError as error:
            raise CommandError(str(error)) from error
        self.stdout.write("\n".join(report_lines(results)))
        if any(result.outcome != "passed" for result in results):
            sys.exit(1)
