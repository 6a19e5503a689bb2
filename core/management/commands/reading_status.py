"""Who is due, whose reading was made, what became of the messages, and who was set aside and why."""

from __future__ import annotations

from argparse import ArgumentParser
from datetime import UTC, date
from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from core.management.members import find_member
from core.selectors.reading_operations import Why, get_member_day, get_overview, list_in_trouble


class Command(BaseCommand):
    help = "Show how the readings of a day stand: made, due, set aside with the reason, and what was sent."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--date", type=date.fromisoformat, help="as YYYY-MM-DD; today in UTC if left out")
        parser.add_argument("--member", help="only this member: an e-mail address or an id")

    def handle(self, *args: Any, **options: Any) -> None:
        now = timezone.now()
        day = options["date"] or now.astimezone(UTC).date()
        if options["member"]:
            self._print_member(options["member"], day, now)
            return
        seen = get_overview(day=day, now=now)
        oldest = f", the oldest since {seen.oldest_due_at:%Y-%m-%d %H:%M} UTC" if seen.oldest_due_at else ""
        self.stdout.write(f"{day}: {seen.made} readings made; {seen.due} members due now{oldest}")
        for (channel, state), count in sorted(seen.deliveries.items()):
            self.stdout.write(f"  {channel} {state}: {count}")
        for reason, count in seen.set_aside.items():
            self.stdout.write(f"set aside for {reason}: {count}")
        for row in list_in_trouble(now=now):
            self.stdout.write(f"  {row.pk}: {row.set_aside_for or 'due'}, next reading {row.next_reading_on}")

    def _print_member(self, named: str, day: date, now: Any) -> None:
        found = get_member_day(user_id=find_member(named), day=day, now=now)
        if found is None:
            self.stdout.write(f"{day}: {Why.NOT_OFFERED.label}")
            return
        self.stdout.write(f"{day}: {found.why.label}" + (f" ({found.reason})" if found.reason else ""))
        for channel, state, outcome in found.deliveries:
            self.stdout.write(f"  {channel} {state} {outcome}".rstrip())
        if found.next_reading_at:
            self.stdout.write(f"next reading at {found.next_reading_at:%Y-%m-%d %H:%M} UTC")
