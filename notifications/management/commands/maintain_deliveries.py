"""Make the outbox's months to come and drop the old ones; beat does the same every day."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from notifications.upkeep import maintain_deliveries


class Command(BaseCommand):
    help = "Make the partitions of the months to come, drop those older than 90 days. Ends with 1 while rows stray."

    def handle(self, *args: Any, **options: Any) -> None:
        done = maintain_deliveries(today=timezone.now().date())
        for what, months in (("made", done.made), ("dropped", done.dropped)):
            self.stdout.write(f"{what}: {', '.join(f'{month:%Y-%m}' for month in months) or 'none'}")
        if done.strays:
            raise CommandError(f"{done.strays} deliveries lie in no month: they are due in a month too far away.")
