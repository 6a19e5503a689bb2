"""What waits in the outbox, since when, and how the last minutes went."""

from __future__ import annotations

from argparse import ArgumentParser
from datetime import timedelta
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from notifications.claims import database_now
from notifications.measures import list_ended, list_waiting
from notifications.selectors import is_channel_on


class Command(BaseCommand):
    help = "Show what waits, how late the oldest is, and how deliveries ended. Ends with 1 if one is late for too long."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--minutes", type=int, default=15, help="how far back to look (15)")
        parser.add_argument("--late", type=int, default=15, help="minutes after which a delivery is late (15)")

    def handle(self, *args: Any, minutes: int, late: int, **options: Any) -> None:
        now = database_now()
        waiting = list_waiting(now=now)
        for row in waiting:
            state = "" if is_channel_on(channel=row.channel) else "  off"
            oldest = "none due" if row.late is None else f"oldest due {_seconds(row.late)}"
            self.stdout.write(
                f"{row.channel.value:<8} {row.priority.label:<18} queued {row.queued:>7}  sending {row.sending:>6}"
                f"  {oldest}{state}"
            )
        for end in list_ended(now=now, window=timedelta(minutes=minutes)):
            took = f"  p50 {_seconds(end.median)}  p95 {_seconds(end.slowest_twentieth)}" if end.median else ""
            self.stdout.write(
                f"{end.kind:<28} {end.channel.value:<8} {end.state:<10} {end.outcome:<24} {end.count:>7}{took}"
            )
        overdue = [row for row in waiting if row.late is not None and row.late > timedelta(minutes=late)]
        if overdue:
            names = ", ".join(sorted({f"{row.channel.value} ({row.priority.label})" for row in overdue}))
            raise CommandError(f"Late for more than {late} minutes: {names}.")


def _seconds(span: timedelta | None) -> str:
    return "-" if span is None else f"{span.total_seconds():.1f} s"
