"""Send a member today's reading now, whatever the hour they chose."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from core.management.members import find_member
from core.services.prepare import NoEdition, ReadingsNotOffered, send_reading_now


class Command(BaseCommand):
    help = "Make a member's reading of today and send it to where they want it; a second time only to new devices."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("member", help="an e-mail address or an id")

    def handle(self, *args: Any, **options: Any) -> None:
        user_id, now = find_member(options["member"]), timezone.now()
        try:
            done = send_reading_now(user_id=user_id, now=now)
        except ReadingsNotOffered as error:
            raise CommandError(
                "The member gets no readings: a proven account and a primary profile are needed."
            ) from error
        except NoEdition as error:
            raise CommandError("There are no texts to make readings of: run manage.py load_content.") from error
        self.stdout.write(f"{done.readings} readings were made, {done.deliveries} deliveries queued")
