"""Prepare readings by hand: what is due now, or those of a day. Beat does the former every minute."""

from __future__ import annotations

from argparse import ArgumentParser
from contextlib import nullcontext
from datetime import date
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import transaction
from django.utils import timezone

from core.management.members import find_member
from core.services.prepare import NoEdition, Prepared, prepare_day, prepare_until_done, retry_set_aside


class Command(BaseCommand):
    help = (
        "Prepare the readings that are due: reading, deliveries, next hour. With --date only the readings of that day, "
        "for every member, and nothing is sent. Safe to run again, and beside the workers."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--date", type=date.fromisoformat, help="yesterday, today or tomorrow, as YYYY-MM-DD")
        parser.add_argument("--member", help="only this member: an e-mail address or an id")
        parser.add_argument("--dry-run", action="store_true", help="do everything and take it back")
        parser.add_argument("--retry", action="store_true", help="also try again those who were set aside")

    def handle(self, *args: Any, **options: Any) -> None:
        now = timezone.now()
        only = [find_member(options["member"])] if options["member"] else None
        # All in one transaction only where it is taken back: otherwise each chunk stands for itself.
        with transaction.atomic() if options["dry_run"] else nullcontext():
            if options["retry"]:
                retry_set_aside(user_ids=only)
            try:
                if options["date"]:
                    done = prepare_day(day=options["date"], now=now, only=only)
                else:
                    done = prepare_until_done(now=now, only=only)
            except NoEdition as error:
                raise CommandError("There are no texts to make readings of: run manage.py load_content.") from error
            except ValueError as error:
                raise CommandError(f"{error}.") from error
            if options["dry_run"]:
                transaction.set_rollback(True)
        self._print(done, is_dry=options["dry_run"])

    def _print(self, done: Prepared, *, is_dry: bool) -> None:
        if is_dry:
            self.stdout.write("Nothing of this is kept.")
        self.stdout.write(
            f"Members: {done.claimed}, readings made: {done.readings}, deliveries queued: {done.deliveries}, "
            f"members set aside: {done.set_aside}"
        )
