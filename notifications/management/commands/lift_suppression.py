"""Send to an address again after a bounce or complaint: support's answer to "no mail arrives"."""

from __future__ import annotations

import sys
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from notifications.kinds import Channel
from notifications.services import lift_suppression


class Command(BaseCommand):
    help = "Read one address from standard input (it stays out of the shell's history) and send to it again."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("channel", choices=Channel.values)

    def handle(self, *args: Any, channel: str, **options: Any) -> None:
        if not lift_suppression(channel=Channel(channel), address=sys.stdin.readline()):
            raise CommandError("This address was not suppressed.")
        self.stdout.write("Mail goes there again from the next delivery on.")
