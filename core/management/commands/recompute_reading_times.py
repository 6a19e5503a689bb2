from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from core.services.schedules import make_missing_schedules, recompute_reading_times


class Command(BaseCommand):
    help = (
        "Work out anew at which instant each reading is due, for a new release of the tzdata package; and make the "
        "schedules that are missing."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        make_missing_schedules(now=timezone.now())
        self.stdout.write(f"moved: {recompute_reading_times()}")
