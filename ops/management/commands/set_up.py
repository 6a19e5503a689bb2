"""What script/up does before it serves, in one process: each start of Django costs a second."""

from __future__ import annotations

from typing import Any

from django.core.management import call_command
from django.core.management.base import BaseCommand


class Command(BaseCommand):
    help = "Migrate, load the texts of this release, and make the demo accounts. For development: see script/up."

    def handle(self, **_: Any) -> None:
        for command in ("migrate", "load_content"):
            call_command(command, verbosity=0, stdout=self.stdout)
        call_command("create_demo_accounts", stdout=self.stdout)
