"""After a backup was restored: erase again whoever had been erased since it was made."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from authentication.services import erasure


class Command(BaseCommand):
    help = "Erase again whom a restored backup brought back (docs/operations.md). Before workers and web are started."

    def handle(self, **_: Any) -> None:
        brought_back = erasure.list_brought_back()
        for user_id in brought_back:
            erasure.erase_again(user_id=user_id, now=timezone.now())
        self.stdout.write(f"Erased again: {len(brought_back)}.")
