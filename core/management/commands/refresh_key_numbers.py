from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.utils import timezone

from core.services.key_numbers import BATCH, refresh_key_numbers


class Command(BaseCommand):
    help = "Make anew the key numbers of primary profiles that an older engine made, and each essence that has run out."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--batch", type=int, default=BATCH, help=f"rows a transaction, {BATCH} by default")

    def handle(self, *args: Any, **options: Any) -> None:
        refreshed = refresh_key_numbers(now=timezone.now(), batch=options["batch"])
        self.stdout.write(f"{refreshed} profiles refreshed")
