"""Checks of what works but wants a look."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.core import checks

from core.models.readings import READINGS
from numerai.partitions import warn_of_strays


def check_strays(
    app_configs: Any = None, databases: Sequence[str] | None = None, **kwargs: Any
) -> list[checks.CheckMessage]:
    """Return a warning while the DEFAULT partition holds readings: partitions were not made ahead."""
    hint = "See that beat runs: core.tasks.maintain_readings makes the months to come every day."
    return [*warn_of_strays(READINGS, databases=databases, hint=hint, code="core.W001")]


def register_all() -> None:
    """Register the checks with Django."""
    checks.register(check_strays, checks.Tags.database)
