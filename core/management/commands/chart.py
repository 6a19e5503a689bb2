"""``manage.py chart``: one person's chart in the terminal."""

import json
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from core.numerology import EngineError, birth_chart


def _value(text: str) -> Any:
    """Read an option's value: JSON where it is JSON, else the text itself."""
    try:
        return json.loads(text)
    except json.JSONDecodeError:
        return text


def _settings(pairs: list[str]) -> dict[str, Any]:
    options: dict[str, Any] = {}
    for pair in pairs:
        key, separator, text = pair.partition("=")
        if not separator:
            raise CommandError(
                "--set takes key=value, for example --set vowel_rule=goodwin or --set 'masters=[11,22]'."
            )
        options[key] = _value(text)
    return options


class Command(BaseCommand):
    help = "Print a birth chart with its working."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--name", required=True, help="full name at birth; _ joins words into one part")
        parser.add_argument("--birth-date", required=True, help="YYYY-MM-DD")
        parser.add_argument("--on", help="the day for the current numbers, YYYY-MM-DD; today by default")
        parser.add_argument("--current-name", help="the name in everyday use")
        parser.add_argument("--gender", help="male or female, for Kua alone")
        parser.add_argument("--preset", default="decoz", help="a named set of options (default: decoz)")
        parser.add_argument("--set", action="append", default=[], metavar="KEY=VALUE", help="one option, repeatable")
        parser.add_argument("--json", action="store_true", help="print plain data instead of lines")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            chart = birth_chart(
                options["name"],
                options["birth_date"],
                on=options["on"] or timezone.localdate(),
                preset=options["preset"],
                options=_settings(options["set"]),
                current_name=options["current_name"],
                gender=options["gender"],
            )
        except EngineError as error:
            raise CommandError(f"{error.message} ({error.code}, {error.field})") from error
        if options["json"]:
            self.stdout.write(json.dumps(chart.to_dict(), ensure_ascii=False, indent=2))
        else:
            self.stdout.write("\n".join(chart.lines()))
