"""Send a member today's reading now, whatever the hour they chose."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from core.management.members import find_member
from core.management.sending import send_now


class Command(BaseCommand):
    help = "Make a member's reading of today and send it to where they want it; a second time only to new devices."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("member", help="an e-mail address or an id")

    def handle(self, *args: Any, **options: Any) -> None:
        done = send_now(find_member(options["member"]), now=timezone.now())
        self.stdout.write(f"Readings made: {done.readings}, deliveries queued: {done.deliveries}")
