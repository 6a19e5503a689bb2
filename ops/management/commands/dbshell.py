"""Django's dbshell, which finds the embedded PostgreSQL's own psql."""

from __future__ import annotations

import os
from typing import Any

from django.core.management.commands import dbshell


class Command(dbshell.Command):
    def handle(self, **options: Any) -> None:
        """Prefer the psql that came with the embedded server."""
        if folder := os.environ.get("POSTGRES_BIN"):
            os.environ["PATH"] = f"{folder}{os.pathsep}{os.environ.get('PATH', '')}"
        super().handle(**options)
