"""``manage.py read_month``: a member's readings of many days in a row, as they stand on the page, for reading aloud."""

from argparse import ArgumentParser
from datetime import date, timedelta
from typing import Any
from uuid import NAMESPACE_DNS, uuid5

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from core.content.catalogue import DEFAULT_LANGUAGE
from core.content.files import read_language
from core.content.library import Library, Row
from core.numerology import EngineError
from core.numerology.dates import life_path
from core.numerology.day_table import option_key
from core.numerology.options import DEFAULT_PRESET, resolve_options
from core.readings.compose import compose
from core.readings.numbers import numbers_on

_PARTS = ("headline", "message", "to_try", "to_watch", "affirmation", "backdrop", "lens", "master_day", "question")


class Command(BaseCommand):
    help = "Print a month of readings made from the text files, before they are loaded: for an editor to read."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("birth_date", nargs="+", type=date.fromisoformat, help="YYYY-MM-DD; each is a member")
        parser.add_argument("--first", type=date.fromisoformat, help="the first day; today by default")
        parser.add_argument("--days", type=int, default=30)
        parser.add_argument("--preset", default=DEFAULT_PRESET, help=f"a named set of options ({DEFAULT_PRESET})")
        parser.add_argument("--language", default=DEFAULT_LANGUAGE)

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            chosen = resolve_options(options["preset"])
        except EngineError as error:
            raise CommandError(error.message) from error
        library = _library(options["language"])
        first = options["first"] or timezone.localdate()
        for born in options["birth_date"]:
            number = life_path(born, chosen.life_path_method, chosen.masters).value
            # Each birthday walks in an order of its own, the same in every run.
            member = uuid5(NAMESPACE_DNS, born.isoformat())
            self.stdout.write(f"== {born}, life path {number}")
            for day in (first + timedelta(n) for n in range(options["days"])):
                numbers = numbers_on(
                    day,
                    birth_month=born.month,
                    birth_day=born.day,
                    option_set=option_key(chosen),
                    life_path=number,
                    essence=None,
                    edition=library.edition_on(day),
                    content_version=library.version,
                )
                reading = compose(member, numbers, library, options["language"])
                self.stdout.write(f"\n{day}: {reading.title}. {reading.body}")
                for part in filter(lambda part: getattr(reading, part), _PARTS):
                    self.stdout.write(f"  {part:<11} {getattr(reading, part)}")


def _library(language: str) -> Library:
    """Return what the files hold, as it would be served after a load. A language's gaps are filled as they would be."""
    contents = [read_language(name) for name in dict.fromkeys((DEFAULT_LANGUAGE, language))]
    rows = [Row(entry.key, entry.language, 1, entry.parts) for content in contents for entry in content.entries]
    editions = {number: first for content in contents for number, first in content.editions.items()}
    return Library(1, rows, editions)
