"""``manage.py load_content``: bring the database to what the text files say."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from core.content.checks import read
from core.content.files import ROOT
from core.selectors.content import get_library
from core.services.content_files import EditionIsFrozen, LoadReport, load_content


class Command(BaseCommand):
    help = "Publish what the text files add and change. Texts that staff have edited are kept. Safe to run again."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--root", type=Path, default=ROOT, help="the folder that holds a folder for each language")

    def handle(self, *args: Any, **options: Any) -> None:
        content = read([path for path in sorted(options["root"].iterdir()) if (path / "interpretations").is_dir()])
        if content.problems:
            raise CommandError("Nothing was loaded.\n" + "\n".join(map(str, content.problems)))
        try:
            report = load_content(content, now=timezone.now())
        except EditionIsFrozen as error:
            raise CommandError(f"Nothing was loaded. {error}") from error
        self._print(report, verbose=options["verbosity"] > 0)
        # The first request after a deploy finds the texts in Valkey's version, if not yet in its process.
        get_library()

    def _print(self, report: LoadReport, *, verbose: bool) -> None:
        for number, reason in report.incomplete_editions.items():
            self.stderr.write(f"edition {number} is not loaded: {reason}")
        told = {"kept, staff have edited it": report.kept, "served, and in no file": report.without_file}
        if verbose:
            told["changed"] = report.changed
        for what, names in told.items():
            for name in names:
                self.stdout.write(f"{what}: {name}")
        counts = f"{len(report.added)} added, {len(report.changed)} changed, {len(report.kept)} kept"
        release = f"; content version {report.version}" if report.version else ""
        self.stdout.write(f"content: {counts}, {report.unchanged} as they were{release}")
